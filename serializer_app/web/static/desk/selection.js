// Rows of a list that are picked for one change: some, the whole page, or every row that the filter finds.
import { find, findAll } from "./dom.js";
import { texts } from "./texts.js";

export const pickWholePage = (all) => {
  for (const box of findAll("input[name=pick]", all.closest("form"))) box.checked = all.checked;
};

/** Bring the bar above a list in line with the picked rows. */
export const showSelection = (form) => {
  const bar = find(".bulk", form);
  if (!bar) return;
  const boxes = findAll("input[name=pick]", form);
  const picked = boxes.filter((box) => box.checked).length;
  const all = find("[data-all]", bar);
  all.checked = picked === boxes.length;
  all.indeterminate = !all.checked && picked > 0;
  // "Every row" is offered once the whole page is picked.
  const offer = find("[data-every]", bar);
  const every = offer && find("input", offer);
  if (offer) {
    offer.hidden = !all.checked;
    every.checked &&= all.checked;
  }
  const count = every?.checked ? offer.dataset.every : picked;
  find(".count", bar).textContent = count ? texts.picked.replace("{count}", count) : "";
  find("[data-picked]", bar).hidden = !count;
  for (const button of findAll("button", bar)) button.disabled = !count;
};

export const showSelections = () => findAll("form").forEach(showSelection);
