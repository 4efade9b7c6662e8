// Fields and warranty of a unit: a form that unfolds under the unit's row.
import { find, findAll } from "./dom.js";
import { markInvalid, showErrors, unmarkAll } from "./errors.js";
import { allSaved } from "./queue.js";
import { fetchPage, formAction, formBody, frameUrl, parsePage, post } from "./requests.js";
import { showState } from "./serials.js";
import { texts } from "./texts.js";
import { showToast } from "./toast.js";

const INPUTS = "input:not([type=hidden]), select";

const unitRow = (form) => form.closest("tr").previousElementSibling;

const opener = (form) => find("[data-panel]", unitRow(form));

/** Fetch a unit's form; null when there is none. */
const fetchForm = async (href) => {
  try {
    const response = await fetchPage(frameUrl(href));
    return find("form.panel", parsePage(await response.text()));
  } catch {
    return null;
  }
};

/** Unfold the panel of a button, or fold it when it is open. */
export const togglePanel = async (button) => {
  const row = button.closest("tr");
  const below = row.nextElementSibling;
  if (below?.matches(".unfolded")) return foldPanel(find("form", below));
  if (button.dataset.busy) return;
  button.dataset.busy = "1";
  // Saving a serial number makes a new version of the unit, which the form must know.
  await allSaved();
  const form = await fetchForm(button.dataset.panel);
  delete button.dataset.busy;
  if (!form) return showToast(texts.away, true);
  const unfolded = document.createElement("tr");
  unfolded.className = "unfolded";
  const cell = document.createElement("td");
  cell.colSpan = row.cells.length;
  cell.className = "full";
  cell.append(form);
  unfolded.append(cell);
  row.after(unfolded);
  button.setAttribute("aria-expanded", "true");
  find(INPUTS, form).focus();
};

export const foldPanel = (form) => {
  const button = opener(form);
  form.closest("tr").remove();
  button.setAttribute("aria-expanded", "false");
  button.focus();
};

/** Save a panel, show the result in the unit's row, and fold the panel. */
export const savePanel = async (form) => {
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  unmarkAll(form);
  await allSaved();
  const answer = await post(formAction(form), formBody(form));
  delete form.dataset.busy;
  if (!form.isConnected) return;
  if (!answer) return showToast(texts.away, true);
  if (!answer.ok) {
    showErrors(form, answer.error);
    if (answer.error.code === "version_conflict") await showConflict(form);
    return;
  }
  showSaved(unitRow(form), answer);
  foldPanel(form);
  showToast(answer.toast);
};

const showSaved = (row, { serialNumber, version, warranty, fields }) => {
  const serial = find("input[data-item]", row);
  const stored = serialNumber ?? "";
  // A serial number that somebody else entered is shown. One that is being typed here keeps the old version, so that
  // saving it tells of the conflict.
  if (serial.value.trim() === serial.dataset.saved) {
    serial.value = stored;
    serial.dataset.saved = stored;
    serial.dataset.version = version;
    showState(row, stored ? "saved" : "");
  } else if (serial.dataset.saved === stored) serial.dataset.version = version;
  find(".warranty", row).textContent = warranty;
  find(".fields", row).textContent = fields;
};

/** Somebody else was faster: show what they entered beside each field. Saving once more overwrites it. */
const showConflict = async (form) => {
  const current = await fetchForm(opener(form).dataset.panel);
  if (!current || !form.isConnected) return;
  form.elements.version.value = current.elements.version.value;
  for (const field of findAll(INPUTS, form)) {
    const theirs = current.elements.namedItem(field.name);
    if (!theirs || theirs.value === field.value || field.closest("[hidden]")) continue;
    const shown = theirs.matches("select") ? theirs.selectedOptions[0].textContent : theirs.value;
    markInvalid(field, texts.now.replace("{value}", shown || texts.empty));
  }
};
