// A stand-in for Shopify's App Bridge, for the dev store's admin frame. Same names, a small part of the behaviour:
// id tokens, authenticated fetch with one retry, the bounce page's shopify-reload, navigation menu, save bar, toasts,
// modals and the product picker. It talks to the frame around it by postMessage only.
(() => {
  const admin = new URL(document.currentScript.src).origin;
  const framed = window.parent !== window;
  const query = new URLSearchParams(location.search);
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

  const remembered = (name) => {
    const value = query.get(name);
    try {
      if (value) sessionStorage.setItem(`devstore-${name}`, value);
      return value || sessionStorage.getItem(`devstore-${name}`);
    } catch {
      return value;
    }
  };
  const shop = remembered("shop");
  const host = remembered("host");

  let asked = 0;
  const waiting = new Map();
  const tell = (kind, data = {}) => framed && window.parent.postMessage({ devstore: kind, ...data }, admin);
  const ask = (kind, data = {}) =>
    new Promise((resolve) => {
      const id = ++asked;
      waiting.set(id, resolve);
      tell(kind, { id, ...data });
    });

  const handlers = {};
  window.addEventListener("message", (event) => {
    if (event.origin !== admin || !event.data?.devstore) return;
    const { devstore: kind, id } = event.data;
    if (kind === "answer") {
      waiting.get(id)?.(event.data.value);
      waiting.delete(id);
    } else {
      handlers[kind]?.(event.data);
    }
  });

  const idToken = async () => {
    if (framed) return ask("idToken");
    const answer = await nativeFetch(`${admin}/admin/id_token?shop=${encodeURIComponent(shop || "")}`);
    return (await answer.json()).token;
  };

  // --- fetch: a bearer token on requests to the app itself, and one retry when the app asks for it ---------------
  const nativeFetch = window.fetch.bind(window);
  window.fetch = async (input, options) => {
    const request = new Request(input, options);
    if (new URL(request.url).origin !== location.origin || request.headers.has("Authorization")) {
      return nativeFetch(request);
    }
    const again = request.clone();
    const send = async (one) => {
      one.headers.set("Authorization", `Bearer ${await idToken()}`);
      return nativeFetch(one);
    };
    const answer = await send(request);
    const retry =
      answer.status === 401 && answer.headers.get("X-Shopify-Retry-Invalid-Session-Request") === "1";
    return retry ? send(again) : answer;
  };

  // --- bounce page: load the wanted address again, now with a token ------------------------------------------------
  const reload = query.get("shopify-reload");
  if (reload) {
    const target = new URL(reload, location.origin);
    if (target.origin === location.origin) {
      idToken().then((token) => {
        target.searchParams.set("id_token", token);
        if (shop && !target.searchParams.has("shop")) target.searchParams.set("shop", shop);
        if (host && !target.searchParams.has("host")) target.searchParams.set("host", host);
        target.searchParams.set("embedded", "1");
        location.replace(target);
      });
    }
    return;
  }

  // --- what the app calls ------------------------------------------------------------------------------------------
  const bars = new Map();
  const bar = (id) => document.getElementById(id);
  const showBar = (id, shown) => {
    bars.set(id, shown);
    tell("saveBar", { id, shown });
    bar(id)?.dispatchEvent(new CustomEvent(shown ? "show" : "hide"));
  };
  const saveBar = {
    show: async (id) => showBar(id, true),
    hide: async (id) => showBar(id, false),
    toggle: async (id) => showBar(id, !bars.get(id)),
    leaveConfirmation: async () => {
      const open = [...bars].some(([, shown]) => shown);
      if (open && !confirm("Leave page with unsaved changes?")) return new Promise(() => {});
    },
  };
  const modal = {
    show: async (id) => {
      const element = document.getElementById(id);
      if (element) {
        element.style.cssText =
          "display:block;position:fixed;inset:10vh auto auto 50%;transform:translateX(-50%);background:#fff;" +
          "color:#303030;padding:20px;border-radius:12px;box-shadow:0 8px 40px #0006;z-index:100;min-width:320px";
        element.dispatchEvent(new CustomEvent("show"));
      }
    },
    hide: async (id) => {
      const element = document.getElementById(id);
      if (element) {
        element.style.display = "none";
        element.dispatchEvent(new CustomEvent("hide"));
      }
    },
  };
  modal.toggle = async (id) =>
    document.getElementById(id)?.style.display === "block" ? modal.hide(id) : modal.show(id);
  let toasts = 0;

  window.shopify = {
    config: { apiKey: meta("shopify-api-key"), shop, host, locale: query.get("locale") || "en" },
    environment: { mobile: false, embedded: framed, pos: false },
    ready: Promise.resolve(),
    idToken,
    toast: {
      show: (message, options = {}) => {
        const id = String(++toasts);
        tell("toast", {
          id,
          message: String(message),
          isError: !!options.isError,
          duration: options.duration || 5000,
        });
        return id;
      },
      hide: (id) => tell("toastHide", { id }),
    },
    saveBar,
    modal,
    loading: (on = true) => tell("loading", { on: !!on }),
    resourcePicker: (options = {}) => ask("resourcePicker", { options: JSON.parse(JSON.stringify(options)) }),
    scopes: { request: (scopes) => ask("requestScopes", { scopes: [...scopes] }) },
    user: async () => ({ accountAccess: "full" }),
  };

  // --- elements ----------------------------------------------------------------------------------------------------
  const style = document.createElement("style");
  style.textContent = "ui-nav-menu,s-app-nav,ui-save-bar,ui-title-bar,ui-modal{display:none}";
  document.head.append(style);

  const links = () => [...document.querySelectorAll("ui-nav-menu a, s-app-nav a, s-app-nav s-link")];
  const readMenu = () => {
    const items = links().map((link) => ({
      label: link.textContent.trim(),
      path: link.getAttribute("href"),
      home: link.getAttribute("rel") === "home",
    }));
    tell("menu", { items: items.filter((item) => !item.home), path: location.pathname });
  };
  const barOfForm = (form) => {
    form.dataset.saveBarId ||= `form-${Math.random()}`;
    return form.dataset.saveBarId;
  };
  const watchForms = () => {
    for (const form of document.querySelectorAll("form[data-save-bar]")) {
      if (form.dataset.watched) continue;
      form.dataset.watched = "1";
      const id = barOfForm(form);
      for (const kind of ["input", "change"])
        form.addEventListener(kind, () => bars.get(id) || showBar(id, true));
      form.addEventListener("reset", () => showBar(id, false));
      form.addEventListener("submit", () => showBar(id, false));
    }
  };
  const press = (id, primary) => {
    const form = [...document.querySelectorAll("form[data-save-bar]")].find(
      (one) => one.dataset.saveBarId === id,
    );
    if (form) return primary ? form.requestSubmit() : form.reset();
    const buttons = [...(bar(id)?.querySelectorAll("button") || [])];
    const main = buttons.find((button) => button.getAttribute("variant") === "primary");
    (primary ? main : buttons.find((button) => button !== main))?.click();
  };

  handlers.go = ({ path }) => {
    const link = links().find((one) => one.getAttribute("href") === path);
    if (link && link.tagName === "A") link.click();
    else location.assign(path);
  };
  handlers.save = ({ id }) => press(id, true);
  handlers.discard = ({ id }) => press(id, false);

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='shopify:']");
    if (!link) return;
    event.preventDefault();
    tell("open", { url: link.getAttribute("href") });
  });
  const nativeOpen = window.open.bind(window);
  window.open = (url, ...rest) => {
    if (!String(url).startsWith("shopify:")) return nativeOpen(url, ...rest);
    tell("open", { url: String(url) });
    return null;
  };

  const here = () => {
    const kept = new URLSearchParams(location.search);
    for (const name of ["id_token", "hmac", "session", "timestamp", "embedded", "host", "locale", "shop"])
      kept.delete(name);
    tell("here", { path: location.pathname + (kept.size ? `?${kept}` : ""), title: document.title });
  };
  const start = () => {
    readMenu();
    watchForms();
    here();
    new MutationObserver(() => {
      readMenu();
      watchForms();
    }).observe(document.body, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  for (const name of ["pushState", "replaceState"]) {
    const native = history[name].bind(history);
    history[name] = (...args) => {
      native(...args);
      here();
    };
  }
})();
