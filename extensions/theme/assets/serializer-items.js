// Lists units from the app proxy, page by page. Everything is set as text, never as HTML.
(() => {
  const warranty = (duration, block) => {
    if (!duration) return null;
    if (duration.unit === "year" && duration.value === 100) return block.dataset.textLifetime;
    try {
      const style = { style: "unit", unit: duration.unit, unitDisplay: "long" };
      return new Intl.NumberFormat(block.dataset.locale, style).format(duration.value);
    } catch {
      return `${duration.value} ${duration.unit}`;
    }
  };

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const shown = (item, block) => {
    const entry = element("li", undefined, "serializer-block__item");
    const facts = element("dl", undefined, "serializer-block__facts");
    const fact = (label, text) => {
      if (text) facts.append(element("dt", label), element("dd", text));
    };
    fact(block.dataset.textItem, item.itemId);
    fact(block.dataset.textSerial, item.serialNumber);
    if (block.dataset.showWarranty === "true")
      fact(block.dataset.textWarranty, warranty(item.warrantyDuration, block));
    if (block.dataset.showFields === "true")
      for (const field of item.customFields ?? []) fact(field.key, field.value);
    const link = element("a", block.dataset.textOpen);
    const query = new URLSearchParams({ code: item.itemId, locale: block.dataset.locale });
    link.href = `${block.dataset.proxy}/verify?${query}`;
    entry.append(facts, link);
    return entry;
  };

  const load = async (block, cursor) => {
    const list = block.querySelector("[data-list]");
    const status = block.querySelector("[data-status]");
    const more = block.querySelector("[data-more]");
    const query = new URLSearchParams();
    if (block.dataset.orderId) query.set("orderId", block.dataset.orderId);
    else query.set("customerId", block.dataset.customerId);
    if (cursor) query.set("cursor", cursor);
    more.hidden = true;
    try {
      const answer = await fetch(`${block.dataset.proxy}/items?${query}`, {
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = await answer.json();
      list.append(...page.results.map((item) => shown(item, block)));
      status.textContent = list.children.length ? "" : block.dataset.textNone;
      more.hidden = !page.hasNext;
      more.onclick = () => load(block, page.next);
    } catch {
      status.textContent = block.dataset.textTrouble;
      more.hidden = false;
      more.onclick = () => load(block, cursor);
    }
  };

  const start = (root) => {
    for (const block of root.querySelectorAll("[data-serializer-items]:not([data-started])")) {
      if (!block.querySelector("[data-list]")) continue;
      block.dataset.started = "true";
      load(block, null);
    }
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => start(document));
  else start(document);
  // The theme editor puts sections into the page again whenever a setting changes.
  document.addEventListener("shopify:section:load", (event) => start(event.target));
})();
