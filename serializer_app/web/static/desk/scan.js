// The packing table: one field that a scanner types into, and a verdict on each code.
import { find } from "./dom.js";
import { reload } from "./navigate.js";
import { enqueue } from "./queue.js";
import { formAction, postJson } from "./requests.js";
import { texts } from "./texts.js";
import { showToast } from "./toast.js";

/** Take the scanned code out of the field, which is free for the next one at once. */
export const takeCode = (form) => {
  const field = find("input.code", form);
  const code = field.value.trim();
  field.value = "";
  field.focus();
  return code;
};

/** Check the scanned code. */
export const scan = (form) => {
  const code = takeCode(form);
  if (!code) return;
  const line = find("input[name=line]:checked")?.value || "";
  enqueue(() => check(form, code, line));
};

const check = async (form, code, line, confirmed = false) => {
  const answer = await postJson(formAction(form), { code, line, confirmed });
  if (!form.isConnected) return;
  const asks = showVerdict(answer, code);
  if (asks) offer(form, texts.anyway, () => check(form, code, line, true));
  if (!answer?.ok) return;
  offer(form, texts.undo, () => undo(form, answer));
  showPacked(form, answer);
};

/** Show what came of a scan; returns whether the server asks for a confirmation. */
export const showVerdict = (answer, code) => {
  const asks = !answer?.ok && !!answer?.error?.code?.startsWith("confirm_");
  const verdict = find("#verdict");
  verdict.className = `verdict ${answer?.ok ? "good" : asks ? "ask" : "bad"}`;
  verdict.textContent = answer?.ok ? answer.message : `${code}: ${answer?.error?.message || texts.away}`;
  return asks;
};

const showPacked = (form, { itemId, serialNumber, left }) => {
  const row = find(`.unit-scan[data-unit="${CSS.escape(itemId)}"]`);
  if (row) {
    row.classList.add("done");
    find(".serial", row).textContent = serialNumber || "";
    find(".state", row).textContent = "✓";
  }
  find("#left").textContent = texts.left.replace("{count}", left);
  if (left) return;
  form.hidden = true;
  find("#units").hidden = true;
  find("#finished").hidden = false;
  find("#finished input, #finished a").focus();
};

/** Add a button to the verdict. The focus stays in the field: a scanner ends with Enter, which would press the button. */
export const offer = (form, label, action) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = label;
  button.addEventListener("click", () => {
    button.disabled = true;
    find("input.code", form).focus();
    enqueue(action);
  });
  find("#verdict").append(" ", button);
};

const undo = async (form, { itemId, entered }) => {
  const answer = await postJson(`${formAction(form)}/undo`, { itemId, entered });
  if (!answer?.ok) return showToast(answer?.error?.message || texts.away, true);
  await reload();
  showToast(answer.message);
};
