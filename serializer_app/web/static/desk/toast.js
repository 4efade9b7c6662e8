import { find } from "./dom.js";
import { shopify } from "./shopify.js";

/** Tell screen readers `message`, without showing it. */
export const announce = (message) => {
  find("#said").textContent = message;
};

/** Show `message` in the admin's toast, errors for longer, and tell screen readers. */
export const showToast = (message, isError = false) => {
  announce(message);
  shopify().toast?.show(message, { isError, duration: isError ? 8000 : 4000 });
};
