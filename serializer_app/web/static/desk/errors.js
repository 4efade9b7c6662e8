// Errors of a write, each shown at the field that it is about.
import { findAll } from "./dom.js";
import { showToast } from "./toast.js";

let marks = 0;

/** Show `message` below `field` and tie it to the field for screen readers. */
export const markInvalid = (field, message) => {
  unmarkInvalid(field);
  field.setAttribute("aria-invalid", "true");
  const note = document.createElement("span");
  note.className = "wrong";
  note.id = `wrong-${++marks}`;
  note.textContent = message;
  field.setAttribute("aria-errormessage", note.id);
  (field.closest(".field") || field.parentElement).append(note);
};

export const unmarkInvalid = (field) => {
  document.getElementById(field.getAttribute("aria-errormessage"))?.remove();
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-errormessage");
};

export const unmarkAll = (form) => {
  for (const field of findAll("[aria-invalid]", form)) unmarkInvalid(field);
};

/** The control that an error's path is about: of `a.b.0` the control "a.b.0", else "a.b", else "a". */
const controlAt = (form, path) => {
  const parts = path.split(".");
  for (let length = parts.length; length; length--) {
    const name = parts.slice(0, length).join(".");
    const control = name && form.elements.namedItem(name);
    if (control) return control instanceof RadioNodeList ? control[0] : control;
  }
  return null;
};

/** Mark the fields that the server refused, focus the first one, and show the error in a toast. */
export const showErrors = (form, error) => {
  // Sending the same serial number again answers the question that the error asks.
  if (error.code?.startsWith("confirm_") && form.elements.confirmed) {
    form.elements.confirmed.value = form.elements.serialNumber.value.trim();
  }
  let focused = false;
  const unplaced = [];
  for (const { path, message } of error.details || []) {
    const field = controlAt(form, path);
    if (!field || field.type === "hidden") {
      unplaced.push(message);
      continue;
    }
    markInvalid(field, message);
    if (!focused) field.focus();
    focused = true;
  }
  showToast(unplaced.length && !focused ? `${error.message} ${unplaced.join(" ")}` : error.message, true);
  // The save bar went away when it was pressed; what is not saved needs it again.
  if (form.hasAttribute("data-save-bar")) form.dispatchEvent(new Event("input", { bubbles: true }));
};
