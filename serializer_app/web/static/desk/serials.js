// Serial numbers of an order: one field per unit, saved as it is left; a scanner's Enter moves on.
import { find, findAll } from "./dom.js";
import { markInvalid, unmarkInvalid } from "./errors.js";
import { enqueue } from "./queue.js";
import { postJson } from "./requests.js";
import { texts } from "./texts.js";
import { announce, showToast } from "./toast.js";

const FIELD = ".unit input[data-item]";
// As many serial numbers as the server takes in one request.
const MOST_AT_ONCE = 200;

const serialFields = () => findAll(FIELD);

export const isSerialField = (element) => !!element.matches?.(FIELD);

/** Show in a unit's row that its serial number is "saving", "saved", "wrong", or (empty) not entered. */
export const showState = (row, state) => {
  row.dataset.state = state;
  find(".state", row).textContent = { saving: "…", saved: "✓" }[state] || "";
};

const comparable = (serial) => serial.trim().normalize("NFC").toLowerCase();

/** Save a field that was changed, unless another unit of the same order line has the same serial number. */
export const saveSerial = (field) => {
  const serial = field.value.trim();
  if (serial === field.dataset.saved) return unmarkInvalid(field);
  const isTwin = (other) =>
    other !== field &&
    other.dataset.line === field.dataset.line &&
    comparable(other.value) === comparable(serial);
  if (serial && serialFields().some(isTwin)) {
    showState(field.closest(".unit"), "wrong");
    markInvalid(field, texts.twice);
    showToast(texts.twice, true);
    return returnTo(field);
  }
  showState(field.closest(".unit"), "saving");
  enqueue(() => store([field]));
};

/** Whether the field was sent with this serial number and the server asked back: once more means yes. */
const isSecondTry = ({ dataset, value }) => !!dataset.asked && dataset.asked === value.trim();

const store = async (fields) => {
  for (const field of fields) field.dataset.sent = field.value;
  const entries = fields.map((field) => ({
    itemId: field.dataset.item,
    serialNumber: field.value.trim() || null,
    version: Number(field.dataset.version),
    confirmed: isSecondTry(field),
  }));
  const answer = await postJson(fields[0].closest("[data-serials]").dataset.serials, { entries });
  fields.forEach((field, at) => {
    const row = field.closest(".unit");
    if (!row) return;
    const result = answer?.ok ? answer.results[at] : { error: answer?.error?.message || texts.away };
    if (result.error) showRefused(field, row, result);
    else showStored(field, row, result);
  });
  showTally();
};

const showRefused = (field, row, { error, ask, version, serialNumber }) => {
  showState(row, "wrong");
  markInvalid(field, error);
  field.dataset.asked = ask ? field.value.trim() : "";
  // Somebody else entered another serial number. Who has seen it and enters theirs once more means it.
  if (version) {
    field.dataset.version = version;
    field.dataset.saved = serialNumber ?? "";
  }
  showToast(`${field.value.trim()}: ${error}`, true);
  returnTo(field);
};

const showStored = (field, row, { version, serialNumber }) => {
  unmarkInvalid(field);
  // What was scanned may have been a link or a GS1 code; the field shows the serial number in it.
  if (serialNumber && field.dataset.sent === field.value) field.value = serialNumber;
  field.dataset.version = version;
  // An unfolded panel of the unit (panel.js) sends the same version.
  const below = row.nextElementSibling;
  if (below?.matches(".unfolded")) find("form", below).elements.version.value = version;
  field.dataset.saved = serialNumber ?? "";
  showState(row, serialNumber ? "saved" : "");
  announce(`${texts.saved} ${serialNumber ?? ""}`);
};

/** Focus a refused field, unless somebody is already typing into the next one. */
const returnTo = (field) =>
  setTimeout(() => {
    const active = document.activeElement;
    if (active !== field && active?.matches?.(".unit input") && active.value) return;
    field.focus();
    field.select();
  });

/** Bring the order's progress bar in line with the saved serial numbers. */
export const showTally = () => {
  const bar = find("#tally");
  if (!bar) return;
  const fields = serialFields();
  bar.max = fields.length || 1;
  bar.value = fields.filter((field) => field.dataset.saved).length;
};

/** Keys in a serial field: Enter goes to the next empty field, the arrows up and down. */
export const moveBetweenSerials = (event) => {
  const field = event.target;
  const fields = serialFields();
  const at = fields.indexOf(field);
  const isUnsaved = field.value.trim() !== field.dataset.saved;
  // Some scanners end with Tab instead of Enter; who typed a number by hand goes on to the next one as well.
  if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey && isUnsaved)) {
    event.preventDefault();
    // The same number once more, after the server asked: the browser sees no change.
    if (isSecondTry(field)) saveSerial(field);
    const next = fields.slice(at + 1).find((other) => !other.value) || fields[at + 1];
    if (!next) return field.blur();
    next.focus();
    next.select();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    fields[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  }
};

/** A pasted column of serial numbers fills the field and the empty ones after it. */
export const pasteSerials = (event) => {
  const field = event.target.closest?.(FIELD);
  const text = event.clipboardData?.getData("text") || "";
  const serials = text
    .split(/\r\n|[\r\n\t]/)
    .map((line) => line.trim())
    .filter(Boolean);
  if (!field || serials.length < 2) return;
  event.preventDefault();
  const fields = serialFields();
  const open = fields.slice(fields.indexOf(field)).filter((other) => other === field || !other.value);
  const filled = open.slice(0, serials.length);
  filled.forEach((other, at) => {
    other.value = serials[at];
    showState(other.closest(".unit"), "saving");
  });
  if (serials.length > open.length) {
    showToast(texts.surplus.replace("{count}", serials.length - open.length), true);
  }
  for (let start = 0; start < filled.length; start += MOST_AT_ONCE) {
    enqueue(() => store(filled.slice(start, start + MOST_AT_ONCE)));
  }
  (open[serials.length] || filled.at(-1)).focus();
};
