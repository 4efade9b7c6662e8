// Optional scopes: Shopify asks the merchant in its own dialog, then the server fetches a token that covers them.
import { reload } from "./navigate.js";
import { post } from "./requests.js";
import { shopify } from "./shopify.js";
import { texts } from "./texts.js";
import { showToast } from "./toast.js";

export const requestScopes = async (button) => {
  const scopes = button.dataset.grant.split(",");
  button.disabled = true;
  const answer = await shopify().scopes?.request(scopes);
  button.disabled = false;
  if (answer?.result !== "granted-all") return;
  const kept = await post("/settings/scopes", new URLSearchParams({ scopes: scopes.join(",") }));
  await reload();
  showToast(kept?.toast || kept?.error?.message || texts.away, !kept?.ok);
};
