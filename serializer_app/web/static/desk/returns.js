// The returns page: a scan says what the unit is, a digit says what becomes of it. As on the receiving page, the field is
// never replaced, only the part below it.
import { find, findAll } from "./dom.js";
import { load } from "./navigate.js";
import { enqueue } from "./queue.js";
import { formAction, postJson } from "./requests.js";
import { showVerdict, takeCode } from "./scan.js";
import { texts } from "./texts.js";

const PART = "#returning";
const DIGIT = /^[0-9]$/;

const choices = () => findAll("#verdict [data-decision]");

/**
 * Take the code out of the field: a digit decides about the unit in the verdict, Enter alone takes what Shopify says of
 * it, everything else is a scan.
 */
export const scanReturn = (form) => {
  const code = takeCode(form);
  enqueue(() => (code ? check(form, code) : takeSuggestion(form)));
};

const takeSuggestion = (form) => {
  const suggested = find("#verdict [data-suggested]");
  return form.isConnected && suggested ? decide(form, suggested) : undefined;
};

const check = async (form, code) => {
  if (!form.isConnected) return;
  const open = choices();
  // Only now is it known whether the scan before this one waits for a decision.
  if (open.length && DIGIT.test(code)) {
    const chosen = code === "0" ? find("#verdict [data-skip]") : open[Number(code) - 1];
    return chosen ? decide(form, chosen) : remind();
  }
  if (open.length) return remind();
  const { order } = find(PART).dataset;
  const answer = await postJson(formAction(form), { code, order });
  if (!form.isConnected) return;
  showVerdict(answer, code);
  if (!answer?.ok) return;
  if (answer.order) return showOrder(answer.order);
  if (!answer.itemId) find("#verdict").className = "verdict bad";
  else offerDecisions(form, answer);
};

/** Show a button for each thing that may become of the unit, and mark Shopify's choice. The focus stays in the field. */
const offerDecisions = (form, { itemId, preselected }) => {
  const verdict = find("#verdict");
  verdict.append(find("#decisions").content.cloneNode(true));
  verdict.dataset.item = itemId;
  for (const button of choices()) {
    if (button.dataset.decision !== preselected) continue;
    button.dataset.suggested = "";
    button.classList.add("primary");
  }
  for (const button of findAll("button", verdict)) {
    button.addEventListener("click", () => {
      find("input.code", form).focus();
      enqueue(() => decide(form, button));
    });
  }
};

const decide = async (form, button) => {
  if (!button.isConnected) return;
  const verdict = find("#verdict");
  const disposition = button.dataset.decision;
  if (!disposition) {
    verdict.className = "verdict";
    verdict.textContent = texts.skipped;
    return;
  }
  const answer = await postJson("/returns/take", { itemId: verdict.dataset.item, disposition });
  if (!form.isConnected) return;
  showVerdict(answer, "");
  if (answer?.ok) await showOrder(find(PART).dataset.order);
};

/** A scan while a unit waits for its decision is not taken: nothing gets lost unseen. */
const remind = () => {
  const verdict = find("#verdict");
  verdict.className = "verdict ask";
  find(".reminder", verdict)?.remove();
  const reminder = document.createElement("p");
  reminder.className = "reminder";
  reminder.textContent = texts.decide;
  verdict.append(reminder);
};

const showOrder = (order) => {
  const url = new URL(location.href);
  if (order) url.searchParams.set("order", order);
  return load(url.href, { push: false, part: PART });
};
