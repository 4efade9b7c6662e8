// The admin around the app: answers what App Bridge asks for, and shows menu, toasts and save bar.
const frame = document.getElementById("app");
const { shop, appOrigin } = frame.dataset;
const base = `/admin/store/${shop}/apps/serializer`;
const say = (devstore, data = {}) => frame.contentWindow.postMessage({ devstore, ...data }, appOrigin);
const $ = (selector) => document.querySelector(selector);
let openBar = null;

const answers = {
  async idToken() {
    const user = $("[data-choice=user]").value;
    return (await (await fetch(`/admin/id_token?shop=${shop}&user=${user}`)).json()).token;
  },
  async requestScopes({ scopes }) {
    if (!confirm(`Serializer asks for these permissions: ${scopes.join(", ")}. Allow?`))
      return { result: "declined-all" };
    await fetch(`/admin/scopes?shop=${shop}`, {
      method: "POST",
      body: new URLSearchParams({ scopes: scopes.join(",") }),
    });
    return { result: "granted-all" };
  },
  async resourcePicker({ options }) {
    const products = await (await fetch(`/admin/resources?shop=${shop}`)).json();
    const wanted = (options.query || options.filter?.query || "").toLowerCase();
    const pool =
      options.type === "variant"
        ? products.flatMap((p) => p.variants.map((v) => ({ ...v, title: `${p.title} ${v.title}` })))
        : products;
    const kept = pool.filter((entry) => entry.title.toLowerCase().includes(wanted));
    const picked = new Set((options.selectionIds || []).map((entry) => entry.id));
    $("#picker .choices").replaceChildren(
      ...kept.map((entry) => {
        const label = document.createElement("label");
        const box = document.createElement("input");
        box.type = options.multiple ? "checkbox" : "radio";
        box.name = "choice";
        box.value = entry.id;
        box.checked = picked.has(entry.id);
        label.append(box, ` ${entry.title}`);
        return label;
      }),
    );
    $("#picker").returnValue = "";
    $("#picker").showModal();
    await new Promise((done) => $("#picker").addEventListener("close", done, { once: true }));
    if ($("#picker").returnValue !== "select") return undefined;
    const ids = [...document.querySelectorAll("#picker input:checked")].map((box) => box.value);
    return kept.filter((entry) => ids.includes(entry.id));
  },
};
const acts = {
  menu({ items, path }) {
    $("#menu").replaceChildren(
      ...items.map((item) => {
        const link = document.createElement("a");
        link.className = "sub";
        link.textContent = item.label;
        link.href = base + item.path;
        if (new URL(item.path, appOrigin).pathname === path) link.setAttribute("aria-current", "page");
        link.addEventListener("click", (event) => {
          event.preventDefault();
          if (openBar && !confirm("Leave page with unsaved changes?")) return;
          say("go", { path: item.path });
        });
        return link;
      }),
    );
  },
  here({ path, title }) {
    history.replaceState(null, "", base + (path === "/" ? "" : path));
    document.title = `${title} · Admin`;
    acts.loading({ on: false });
    acts.saveBar({ id: openBar, shown: false });
  },
  saveBar({ id, shown }) {
    openBar = shown ? id : null;
    $(".savebar").classList.toggle("shown", shown);
  },
  toast({ id, message, isError, duration }) {
    const note = document.createElement("div");
    note.className = isError ? "toast error" : "toast";
    note.dataset.id = id;
    note.textContent = message;
    $(".toasts").append(note);
    setTimeout(() => note.remove(), duration);
  },
  toastHide({ id }) {
    document.querySelector(`.toast[data-id="${id}"]`)?.remove();
  },
  loading({ on }) {
    $(".bar").classList.toggle("on", on);
  },
  open({ url }) {
    const section = url.replace(/^shopify:(\/\/admin)?\/?/, "");
    location.assign(
      section.startsWith("orders")
        ? `/admin/store/${shop}/orders#${section}`
        : `/admin/store/${shop}/${section}`,
    );
  },
};
for (const select of document.querySelectorAll("[data-choice]")) {
  select.addEventListener("change", () => {
    // biome-ignore lint/suspicious/noDocumentCookie: the cookie has to be there when the page is loaded again
    document.cookie = `devstore-${select.dataset.choice}=${select.value};path=/;SameSite=Lax`;
    location.reload();
  });
}
$(".savebar .save").addEventListener("click", () => say("save", { id: openBar }));
$(".savebar .discard").addEventListener("click", () => say("discard", { id: openBar }));
window.addEventListener("message", async (event) => {
  if (event.source !== frame.contentWindow || event.origin !== appOrigin || !event.data?.devstore) return;
  const { devstore: kind, id } = event.data;
  if (answers[kind]) say("answer", { id, value: await answers[kind](event.data) });
  else acts[kind]?.(event.data);
});
