// The receiving page: one field that a scanner types into. The field is never replaced while units are scanned, so that
// no character of a scan is lost: only the part below it is loaded again.
import { find } from "./dom.js";
import { load } from "./navigate.js";
import { enqueue } from "./queue.js";
import { formAction, postJson } from "./requests.js";
import { offer, showVerdict, takeCode } from "./scan.js";
import { texts } from "./texts.js";
import { showToast } from "./toast.js";

const PART = "#receiving";

/** Take the scanned code out of the field and receive its unit, or choose its product. */
export const receive = (form) => {
  const code = takeCode(form);
  if (code) enqueue(() => check(form, code));
};

const check = async (form, code, confirmed = false) => {
  if (!form.isConnected) return;
  // Read now and not at the scan: the scan before this one may have chosen another product.
  const { variant, location } = find(PART).dataset;
  const answer = await postJson(formAction(form), { code, variant, location, confirmed });
  if (!form.isConnected) return;
  const asks = showVerdict(answer, code);
  if (asks) offer(form, texts.receive, () => check(form, code, true));
  if (!answer?.ok) return;
  if (answer.unlisted) find("#verdict").className = "verdict ask";
  if (answer.number) offer(form, texts.undo, () => undo(form, answer));
  await showProduct(answer.variant);
};

/** Load the part below the field again, for this variant. */
const showProduct = (variant) => {
  const url = new URL(location.href);
  url.searchParams.set("variant", variant);
  url.searchParams.delete("q");
  return load(url.href, { push: false, part: PART });
};

const undo = async (form, { number, before, location, variant }) => {
  const answer = await postJson(`${formAction(form)}/undo`, { number, before, location });
  if (!answer?.ok) return showToast(answer?.error?.message || texts.away, true);
  const verdict = find("#verdict");
  verdict.className = "verdict";
  verdict.textContent = answer.message;
  await showProduct(variant);
};

/** Put the text of a chosen file into the field that it names (`data-into`). */
export const readInto = async ({ dataset, files }) => {
  if (files[0]) document.getElementById(dataset.into).value = await files[0].text();
};
