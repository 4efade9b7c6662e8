import { texts } from "./texts.js";
import { showToast } from "./toast.js";

/** Copy a button's text (`data-copy`), or the text of the element that `data-from` names. */
export const copy = async (button) => {
  const source = button.dataset.from && document.getElementById(button.dataset.from);
  try {
    await navigator.clipboard.writeText(source ? source.textContent : button.dataset.copy);
    showToast(texts.copied);
  } catch {
    showToast(texts.uncopied, true);
  }
};
