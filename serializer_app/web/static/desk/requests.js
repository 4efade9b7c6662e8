// Addresses and requests of the desk. App Bridge adds a fresh id token to every fetch.
import { texts } from "./texts.js";

// Shopify names these in the address of the first page; every later page needs them to reload inside the frame.
const FRAME_PARAMETERS = ["shop", "host", "locale", "embedded"];
// Valid once or for a minute, so they never belong to the address of another page.
const SPENT_PARAMETERS = ["id_token", "id-token-retried", "hmac", "timestamp", "session"];
const firstPage = new URLSearchParams(location.search);

/** The URL of a page of the desk with the parameters of Shopify's frame. */
export const frameUrl = (href) => {
  const url = new URL(href, location.href);
  for (const name of SPENT_PARAMETERS) url.searchParams.delete(name);
  for (const name of FRAME_PARAMETERS) {
    if (firstPage.get(name) && !url.searchParams.has(name)) url.searchParams.set(name, firstPage.get(name));
  }
  return url;
};

/** The URL of a GET form with its filled-in fields as the query. */
export const queryUrl = (form) => {
  const url = new URL(form.getAttribute("action") || location.pathname, location.href);
  url.search = "";
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
  return url;
};

/** Where a form is sent. Not `form.action`: a button named "action" would hide it. */
export const formAction = (form) => form.getAttribute("action");

export const formBody = (form, submitter = null) => new URLSearchParams(new FormData(form, submitter));

const headers = (accept, contentType) => ({
  Accept: accept,
  "Accept-Language": document.documentElement.lang,
  "X-Requested-With": "desk",
  ...(contentType && { "Content-Type": contentType }),
});

/** Fetch a page of the desk; with a `body`, by POST. */
export const fetchPage = (url, body = null) =>
  fetch(url, { method: body ? "POST" : "GET", body, headers: headers("text/html") });

export const parsePage = (html) => new DOMParser().parseFromString(html, "text/html");

/** Fetch JSON; null when there is no usable answer. */
export const fetchJson = async (href) => {
  const response = await fetch(frameUrl(href), { headers: headers("application/json") }).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
};

/** Send a write. Returns the answer's fields with `ok`, or `ok: false` and `error`. Throws when offline. */
export const postOrThrow = async (href, body, contentType = null) => {
  const response = await fetch(frameUrl(href), {
    method: "POST",
    body,
    headers: headers("application/json", contentType),
  });
  const answer = await response
    .json()
    .catch(() => ({ error: { code: "away", message: texts.away, details: [] } }));
  return { ok: response.ok && !answer.error, ...answer };
};

/** Like `postOrThrow`, but null when offline. */
export const post = (...request) => postOrThrow(...request).catch(() => null);

export const postJson = (href, value) => post(href, JSON.stringify(value), "application/json");
