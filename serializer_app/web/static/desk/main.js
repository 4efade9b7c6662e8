// The desk in the browser: which event leads to which module. Pages say by data attributes what their elements do, and
// the listeners sit on the document, because load() replaces everything below it. Every write is a POST from a script:
// nothing else carries an id token.
import { copy } from "./clipboard.js";
import { openDialog } from "./dialog.js";
import { find } from "./dom.js";
import { unmarkInvalid } from "./errors.js";
import {
  applyToggle,
  applyToggles,
  applyTogglesAfterReset,
  filterWhileTyping,
  submitForm,
  submitQuietly,
} from "./forms.js";
import { followLink, followMenu, go, load, onArrival } from "./navigate.js";
import { foldPanel, savePanel, togglePanel } from "./panel.js";
import { pickProducts } from "./products.js";
import { readInto, receive } from "./receive.js";
import { queryUrl } from "./requests.js";
import { scanReturn } from "./returns.js";
import { addRow, removeRow } from "./rows.js";
import { scan } from "./scan.js";
import { requestScopes } from "./scopes.js";
import { pickWholePage, showSelection, showSelections } from "./selection.js";
import { isSerialField, moveBetweenSerials, pasteSerials, saveSerial, showTally } from "./serials.js";
import { followTasks, uploadFile } from "./tasks.js";

addEventListener("popstate", () => load(location.href, { push: false }));
document.addEventListener("shopify:navigate", followMenu);
document.addEventListener("click", followLink);
document.addEventListener("paste", pasteSerials);
document.addEventListener("reset", (event) => applyTogglesAfterReset(event.target));

document.addEventListener("submit", (event) => {
  const form = event.target;
  const method = form.getAttribute("method");
  if (method === "dialog") return;
  event.preventDefault();
  if (form.matches("[data-scan]")) scan(form);
  else if (form.matches("[data-receive]")) receive(form);
  else if (form.matches("[data-return]")) scanReturn(form);
  else if (form.matches("[data-upload]")) return;
  else if (form.matches(".panel")) savePanel(form);
  else if (method === "get") go(queryUrl(form), { part: form.dataset.part || null });
  else if (form.matches("[data-quiet]")) submitQuietly(form);
  else submitForm(form, event.submitter);
});

document.addEventListener("input", ({ target: field }) => {
  if (field.getAttribute("aria-invalid")) unmarkInvalid(field);
  if (field.form?.matches("[data-live]")) filterWhileTyping(field.form);
});

document.addEventListener("change", ({ target: field }) => {
  if (field.matches("[data-all]")) pickWholePage(field);
  if (field.matches("[data-all], [name=pick], [name=every]")) showSelection(field.closest("form"));
  if (field.matches("[data-go]")) go(queryUrl(field.form));
  if (field.matches("[data-toggles]")) applyToggle(field);
  if (field.matches(".unit input")) saveSerial(field);
  if (field.matches("[data-file]")) uploadFile(field);
  if (field.matches("[data-into]")) readInto(field);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { add, close, copy: text, drop, fold, grant, open, panel, pick, print: prints } = button.dataset;
  if (open || close !== undefined) event.preventDefault();
  if (text !== undefined) copy(button);
  if (open) openDialog(open);
  if (close !== undefined) button.closest("dialog").close();
  if (prints !== undefined) print();
  if (add) addRow(button);
  if (drop !== undefined) removeRow(button);
  if (pick) pickProducts(button);
  if (grant) requestScopes(button);
  if (panel) togglePanel(button);
  if (fold !== undefined) foldPanel(button.form);
});

document.addEventListener("keydown", (event) => {
  const element = event.target;
  const panel = element.closest?.("form.panel");
  if (isSerialField(element)) moveBetweenSerials(event);
  else if (event.key === "Escape" && panel) foldPanel(panel);
  else if (event.key === "/" && !element.closest?.("input, textarea, select")) {
    const search = find("input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
  }
});

onArrival(showTally);
onArrival(showSelections);
onArrival(followTasks);
onArrival(applyToggles);
// The browser itself does not focus in a frame of another origin; a scanner types wherever the focus is.
find("main [autofocus]")?.focus();
