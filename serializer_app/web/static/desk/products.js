import { go } from "./navigate.js";
import { shopify } from "./shopify.js";

/** Choose products in Shopify's own picker, then show them. */
export const pickProducts = async (button) => {
  const picked = await shopify().resourcePicker?.({ type: "product", multiple: true, action: "select" });
  if (!picked?.length) return;
  const ids = picked.map(({ id }) => String(id).split("/").pop());
  go(`${button.dataset.pick}?products=${ids.join(",")}`);
};
