// Going from page to page. Pages are plain documents of the server; they are fetched from here, because App Bridge puts
// a fresh id token on every fetch, while a navigation inside the frame has none and takes two more round trips. Without
// scripts every link still works that way.
import { confirmed } from "./dialog.js";
import { find, findAll } from "./dom.js";
import { fetchPage, frameUrl, parsePage } from "./requests.js";
import { shopify } from "./shopify.js";
import { texts } from "./texts.js";

const arrivals = [];
let visit = 0;

/** Call `action` for every page that is shown: now, and after each load. */
export const onArrival = (action) => {
  arrivals.push(action);
  action();
};

/**
 * Fetch a page and show its main part, or only its `part` (a selector) in place of the present one.
 *
 * `push` makes an entry in the history. With a `body` the page is asked for by POST and the address stays.
 * A load that is overtaken by a newer one shows nothing.
 */
export const load = async (href, { push = true, part = null, scroll = true, body = null } = {}) => {
  const own = ++visit;
  const url = frameUrl(href);
  find("#main").setAttribute("aria-busy", "true");
  shopify().loading?.(true);
  try {
    const response = await fetchPage(url, body);
    const html = await response.text();
    if (own !== visit) return;
    const page = parsePage(html);
    const main = page.getElementById("main");
    if (!main) throw new Error(`no page in the answer (${response.status})`);
    // After a redirect we are at the answer's own address. What was asked in a body stays out of the address.
    const shown = response.redirected ? frameUrl(response.url) : url;
    if (!body) history[push ? "pushState" : "replaceState"](null, "", shown);
    document.title = page.title;
    show(main, part, scroll);
    for (const action of arrivals) action();
  } catch (error) {
    if (own === visit) showOffline(error, () => load(href, { push, part, scroll, body }));
  } finally {
    if (own === visit) {
      find("#main").removeAttribute("aria-busy");
      shopify().loading?.(false);
    }
  }
};

const show = (main, part, scroll) => {
  const newPart = part && find(part, main);
  const oldPart = part && find(part);
  if (newPart && oldPart) {
    const hadFocus = oldPart.contains(document.activeElement);
    oldPart.replaceWith(newPart);
    if (hadFocus) find("[autofocus]", newPart)?.focus();
    return;
  }
  find("#main").replaceWith(main);
  if (scroll) window.scrollTo(0, 0);
  const start = find("[autofocus]", main);
  (start || main).focus({ preventScroll: !start });
};

/** Load the present page again where it is. */
export const reload = () => load(location.href, { push: false, scroll: false });

/** Say that the server cannot be reached, with a button that tries again. */
export const showOffline = (error, retry) => {
  const note = find("#offline");
  note.hidden = false;
  find("button", note).onclick = () => {
    note.hidden = true;
    retry();
  };
  console.warn(error);
};

/** Load a page because a person asked for it. Unsaved input is not lost without a question. */
export const go = async (href, options) => {
  await shopify().saveBar?.leaveConfirmation?.();
  if (findAll("form.panel").some(isChanged) && !(await confirmed(texts.unsaved, texts.leave))) return;
  return load(href, options);
};

const isChanged = (form) =>
  findAll("input:not([type=hidden]), select", form).some((field) =>
    field.matches("select") ? !field.selectedOptions[0]?.defaultSelected : field.value !== field.defaultValue,
  );

/** The browser downloads a file itself, however large, with a token that is valid for a minute. */
export const download = async (href, name) => {
  const url = frameUrl(href);
  url.searchParams.set("id_token", await shopify().idToken());
  const link = document.createElement("a");
  link.href = url;
  link.setAttribute("download", name);
  document.body.append(link);
  link.click();
  link.remove();
};

const hasModifier = (event) => event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;

/** A click on a link. What the browser does better itself (a new tab, another site, a place on this page) stays its own. */
export const followLink = (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || hasModifier(event)) return;
  if (link.hasAttribute("data-download")) {
    event.preventDefault();
    download(link.href, link.dataset.download);
    return;
  }
  const isElsewhere = link.target || link.hasAttribute("download") || link.origin !== location.origin;
  if (isElsewhere || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  go(link.href);
};

/** The admin's own menu asks for a page of the desk. */
export const followMenu = (event) => {
  const href = event.target?.getAttribute?.("href");
  if (!href) return;
  event.preventDefault();
  go(href);
};
