// Rows that are added to a form and removed from it. Their fields are named after the row's place, as in "fields.*.name".
import { findAll } from "./dom.js";

export const addRow = (button) => {
  const template = document.getElementById(button.dataset.add);
  template.before(template.content.cloneNode(true));
  renumber(button.form);
  findAll("[data-row]", button.form).at(-1)?.querySelector("input")?.focus();
};

export const removeRow = (button) => {
  const { form } = button;
  button.closest("[data-row]").remove();
  renumber(form);
  // The save bar does not notice a removed field by itself.
  form.dispatchEvent(new Event("change", { bubbles: true }));
};

const renumber = (form) => {
  findAll("[data-row]", form).forEach((row, place) => {
    for (const field of findAll("[data-name]", row)) field.name = field.dataset.name.replace("*", place);
  });
};
