// Forms that write, and lists that are filtered while somebody types.
import { confirmed, showSecret } from "./dialog.js";
import { find, findAll } from "./dom.js";
import { showErrors, unmarkAll } from "./errors.js";
import { download, load, reload, showOffline } from "./navigate.js";
import { formAction, formBody, postOrThrow, queryUrl } from "./requests.js";
import { texts } from "./texts.js";
import { showToast } from "./toast.js";

// As long as a person pauses between two words, in milliseconds.
const TYPING_PAUSE = 220;
let typing = 0;

/** Send a form and show what came of it: errors at their fields, a toast, another page, or a secret. */
export const submitForm = async (form, submitter) => {
  if (form.dataset.busy || !(await isConfirmed(form, submitter))) return;
  form.dataset.busy = "1";
  unmarkAll(form);
  const buttons = findAll("button", form).filter((button) => !button.disabled);
  const body = formBody(form, submitter?.form === form ? submitter : null);
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await postOrThrow(submitter?.getAttribute("formaction") || formAction(form), body);
    if (!answer.ok) return showErrors(form, answer.error);
    if (answer.download) return await download(answer.download.href, answer.download.name);
    form.closest("dialog")?.close();
    // The toast waits for the page: who reads "done" and types on must not type into the page that is leaving.
    if (!answer.show) await load(answer.go || location.href, { push: !!answer.go, scroll: !!answer.go });
    if (answer.toast) showToast(answer.toast);
    if (answer.show) showSecret(answer.show).then(reload);
  } catch (error) {
    showOffline(error, () => submitForm(form, null));
  } finally {
    delete form.dataset.busy;
    for (const button of buttons) button.disabled = false;
  }
};

/** Ask before a button does what it asks about, or before a form changes every row of a list and not only this page's. */
const isConfirmed = (form, submitter) => {
  const every = find("input[name=every]:checked", form)?.closest("[data-every]").dataset.every;
  const questions = [submitter?.dataset.confirm, every && texts.every.replace("{count}", every)].filter(
    Boolean,
  );
  return questions.length ? confirmed(questions.join(" "), submitter?.textContent.trim()) : true;
};

/** Filter a list as somebody types, once they pause. */
export const filterWhileTyping = (form) => {
  clearTimeout(typing);
  typing = setTimeout(() => load(queryUrl(form), { push: false, part: form.dataset.part }), TYPING_PAUSE);
};

/** Ask by POST what must stay out of the address, such as a person's name, and show the page that answers. */
export const submitQuietly = async (form) => {
  // A newer search overtakes an older one; what writes is sent once.
  const isSearch = form.getAttribute("role") === "search";
  if (form.dataset.busy && !isSearch) return;
  form.dataset.busy = "1";
  await load(formAction(form), { part: form.dataset.part, body: formBody(form) });
  delete form.dataset.busy;
};

/** Show or hide what a checkbox or a choice (`data-when`) has to do with. */
export const applyToggle = (field) => {
  const target = document.getElementById(field.dataset.toggles);
  if (!target) return;
  const shows =
    field.type === "checkbox" ? field.checked : (field.dataset.when || "").split(" ").includes(field.value);
  target.hidden = !shows;
};

/** Bring everything that toggles in line with its field. Of a group of radio buttons only the checked one counts. */
export const applyToggles = () => {
  for (const field of findAll("[data-toggles]")) {
    if (field.type !== "radio" || field.checked) applyToggle(field);
  }
};

/** After a reset, which sets the fields only when its event is over. */
export const applyTogglesAfterReset = (form) =>
  setTimeout(() => findAll("[data-toggles]", form).forEach(applyToggle));
