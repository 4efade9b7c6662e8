import { find } from "./dom.js";

/** Ask a yes-or-no question in a dialog; `yes` is the label of the button that agrees. Resolves to a boolean. */
export const confirmed = (question, yes) =>
  new Promise((resolve) => {
    const dialog = find("#sure");
    find("p", dialog).textContent = question;
    if (yes) find("[value=yes]", dialog).textContent = yes;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });

/** Show a secret that the server tells only once; resolves when the dialog is closed and the secret gone from it. */
export const showSecret = ({ title, secret, note }) =>
  new Promise((resolve) => {
    const dialog = find("#secret");
    const field = find("input", dialog);
    const copy = find("[data-copy]", dialog);
    find("h2", dialog).textContent = title;
    find("p", dialog).textContent = note;
    field.value = secret;
    copy.dataset.copy = secret;
    const forget = () => {
      field.value = "";
      copy.dataset.copy = "";
      resolve();
    };
    dialog.addEventListener("close", forget, { once: true });
    dialog.showModal();
    field.select();
  });

export const openDialog = (id) => document.getElementById(id)?.showModal();
