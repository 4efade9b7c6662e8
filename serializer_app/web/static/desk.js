// The desk in the browser. Pages are plain documents of the server; this loads them by fetch, because App Bridge puts a
// fresh id token on every fetch, while a navigation inside the frame has none and takes two more trips. Without this
// script every link still works that way. Every write is a POST from here: nothing else carries a token.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const words = JSON.parse(document.body.dataset.words);
  const language = document.documentElement.lang;
  const kept = ["shop", "host", "locale", "embedded"];
  const first = new URLSearchParams(location.search);
  const admin = () => window.shopify || {};
  let visit = 0;

  const headers = (accept, more = {}) => ({ Accept: accept, "Accept-Language": language, "X-Requested-With": "desk", ...more });
  const tell = (message, isError = false) => {
    $("#said").textContent = message;
    if (admin().toast) return admin().toast.show(message, { isError, duration: isError ? 8000 : 4000 });
  };

  // --- pages -------------------------------------------------------------------------------------------------------
  const address = (url) => {
    const here = new URL(url, location.href);
    for (const name of ["id_token", "id-token-retried", "hmac", "timestamp", "session"]) here.searchParams.delete(name);
    for (const name of kept) if (first.get(name) && !here.searchParams.has(name)) here.searchParams.set(name, first.get(name));
    return here;
  };
  const load = async (url, { push = true, part = null, scroll = true, body = null } = {}) => {
    const mine = ++visit;
    const target = address(url);
    $("#main").setAttribute("aria-busy", "true");
    admin().loading?.(true);
    try {
      const answer = await fetch(target, { method: body ? "POST" : "GET", body, headers: headers("text/html") });
      const text = await answer.text();
      if (mine !== visit) return;
      const page = new DOMParser().parseFromString(text, "text/html");
      const fresh = page.getElementById("main");
      if (!fresh) throw new Error(`no page in the answer (${answer.status})`);
      // After a redirect the answer's own address is where we are. What was asked in a body stays out of the address.
      const there = answer.redirected ? address(answer.url) : target;
      if (!body) history[push ? "pushState" : "replaceState"](null, "", there);
      document.title = page.title;
      if (part && $(part, fresh) && $(part)) $(part).replaceWith($(part, fresh));
      else {
        $("#main").replaceWith(fresh);
        if (scroll) window.scrollTo(0, 0);
        const start = $("[autofocus]", fresh);
        (start || fresh).focus({ preventScroll: !start });
      }
      arrived();
    } catch (error) {
      if (mine === visit) offline(error, () => load(url, { push, part, scroll, body }));
    } finally {
      if (mine === visit) {
        $("#main").removeAttribute("aria-busy");
        admin().loading?.(false);
      }
    }
  };
  const offline = (error, again) => {
    const note = $("#offline");
    note.hidden = false;
    $("button", note).onclick = () => { note.hidden = true; again(); };
    console.warn(error);
  };
  const go = async (url, options) => {
    await admin().saveBar?.leaveConfirmation?.();
    if ($$("form.panel").some(isChanged) && !(await agreed(words.unsaved, words.leave))) return;
    return load(url, options);
  };
  addEventListener("popstate", () => load(location.href, { push: false }));
  document.addEventListener("shopify:navigate", (event) => {
    const href = event.target?.getAttribute?.("href");
    if (href) { event.preventDefault(); go(href); }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("data-download")) { event.preventDefault(); return download(link.href, link.dataset.download); }
    const url = new URL(link.href, location.href);
    if (link.target || link.hasAttribute("download") || url.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    go(url);
  });
  // A file goes straight to the disk, however large: the browser fetches it itself, with a token of one minute.
  const download = async (url, name) => {
    const file = address(url);
    file.searchParams.set("id_token", await admin().idToken());
    const link = document.createElement("a");
    link.href = file;
    link.setAttribute("download", name);
    document.body.append(link);
    link.click();
    link.remove();
  };

  // --- forms -------------------------------------------------------------------------------------------------------
  const query = (form) => {
    const url = new URL(form.getAttribute("action") || location.pathname, location.href);
    url.search = "";
    for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
    return url;
  };
  // Not form.action: a button may be called "action", and hides it.
  const target = (form) => form.getAttribute("action");
  const send = async (url, body, type = null) => {
    const answer = await fetch(url, { method: "POST", body, headers: headers("application/json", type ? { "Content-Type": type } : {}) });
    const found = await answer.json().catch(() => ({ error: { code: "away", message: words.away, details: [] } }));
    return { ok: answer.ok && !found.error, ...found };
  };
  const control = (form, path) => {
    const parts = [path, ...path.split(".").map((_, at, all) => all.slice(0, -at - 1).join("."))];
    for (const name of parts) {
      const found = name && form.elements.namedItem(name);
      if (found) return found instanceof RadioNodeList ? found[0] : found;
    }
    return null;
  };
  const complain = (form, error) => {
    if (error.code?.startsWith("confirm_") && form.elements.confirmed) form.elements.confirmed.value = form.elements.serialNumber.value.trim();
    let focused = false;
    const loose = [];
    for (const { path, message } of error.details || []) {
      const field = control(form, path);
      if (!field || field.type === "hidden") { loose.push(message); continue; }
      mark(field, message);
      if (!focused) { field.focus(); focused = true; }
    }
    tell(loose.length && !focused ? `${error.message} ${loose.join(" ")}` : error.message, true);
    // The save bar went away when it was pressed; what is not saved needs it again.
    if (form.hasAttribute("data-save-bar")) form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  let marks = 0;
  const mark = (field, message) => {
    unmark(field);
    field.setAttribute("aria-invalid", "true");
    const words = document.createElement("span");
    words.className = "wrong";
    words.id = `wrong-${++marks}`;
    words.textContent = message;
    field.setAttribute("aria-errormessage", words.id);
    (field.closest(".field") || field.parentElement).append(words);
  };
  const unmark = (field) => {
    document.getElementById(field.getAttribute("aria-errormessage"))?.remove();
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
  };
  const write = async (form, submitter) => {
    if (form.dataset.busy) return;
    if (!(await sure(form, submitter))) return;
    form.dataset.busy = "1";
    $$("[aria-invalid]", form).forEach(unmark);
    const buttons = $$("button", form).filter((button) => !button.disabled);
    const body = new URLSearchParams(new FormData(form, submitter?.form === form ? submitter : null));
    buttons.forEach((button) => (button.disabled = true));
    try {
      const found = await send(address(submitter?.getAttribute("formaction") || target(form)), body);
      if (!found.ok) return complain(form, found.error);
      form.closest("dialog")?.close();
      // Said only once the page shows it: who reads "done" and types on must not type into the page that is leaving.
      if (!found.show) await load(found.go || location.href, { push: !!found.go, scroll: !!found.go });
      if (found.toast) tell(found.toast);
      if (found.show) reveal(found.show);
    } catch (error) {
      offline(error, () => write(form, null));
    } finally {
      delete form.dataset.busy;
      buttons.forEach((button) => (button.disabled = false));
    }
  };
  const sure = (form, submitter) => {
    const every = $("input[name=every]:checked", form)?.closest("[data-every]").dataset.every;
    const asked = [submitter?.dataset.confirm, every && words.every.replace("{count}", every)].filter(Boolean).join(" ");
    return asked ? agreed(asked, submitter?.textContent.trim()) : true;
  };
  const agreed = (asked, yes) =>
    new Promise((resolve) => {
      const box = $("#sure");
      $("p", box).textContent = asked;
      if (yes) $("[value=yes]", box).textContent = yes;
      box.returnValue = "";
      box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true });
      box.showModal();
    });
  const isChanged = (form) =>
    $$("input:not([type=hidden]), select", form).some((field) =>
      field.matches("select") ? !field.selectedOptions[0]?.defaultSelected : field.value !== field.defaultValue);
  const reveal = ({ title, secret, note }) => {
    const box = $("#secret");
    $("h2", box).textContent = title;
    $("p", box).textContent = note;
    $("input", box).value = secret;
    $("[data-copy]", box).dataset.copy = secret;
    box.addEventListener("close", () => { $("input", box).value = $("[data-copy]", box).dataset.copy = ""; load(location.href, { push: false, scroll: false }); }, { once: true });
    box.showModal();
    $("input", box).select();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method") === "dialog") return;
    event.preventDefault();
    if (form.matches("[data-scan]")) return scan(form);
    if (form.matches("[data-upload]")) return;
    if (form.matches(".panel")) return keep(form);
    if (form.getAttribute("method") === "get") return go(query(form), { part: form.dataset.part || null });
    if (form.matches("[data-quiet]")) return load(target(form), { part: form.dataset.part, body: new URLSearchParams(new FormData(form)) });
    write(form, event.submitter);
  });
  let typing = 0;
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.getAttribute("aria-invalid")) unmark(field);
    if (field.form?.matches("[data-live]")) {
      clearTimeout(typing);
      typing = setTimeout(() => load(query(field.form), { push: false, part: field.form.dataset.part }), 220);
    }
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("[data-all]")) {
      $$("input[name=pick]", field.closest("form")).forEach((box) => (box.checked = field.checked));
    }
    if (field.matches("[data-all], [name=pick], [name=every]")) picks(field.closest("form"));
    if (field.matches("[data-go]")) go(query(field.form));
    if (field.matches("[data-toggles]")) toggles(field);
    if (field.matches(".unit input")) enter(field);
    if (field.matches("[data-file]")) upload(field);
  });
  const picks = (form) => {
    const bar = $(".bulk", form);
    if (!bar) return;
    const boxes = $$("input[name=pick]", form);
    const all = $("[data-all]", bar);
    const offer = $("[data-every]", bar);
    const every = offer && $("input", offer);
    all.checked = boxes.every((box) => box.checked);
    all.indeterminate = !all.checked && boxes.some((box) => box.checked);
    if (offer) { offer.hidden = !all.checked; every.checked &&= all.checked; }
    const count = every?.checked ? offer.dataset.every : boxes.filter((box) => box.checked).length;
    $(".count", bar).textContent = count ? words.picked.replace("{count}", count) : "";
    $("[data-picked]", bar).hidden = !count;
    $$("button", bar).forEach((button) => (button.disabled = !count));
  };
  const toggles = (field) => {
    const box = document.getElementById(field.dataset.toggles);
    if (box) box.hidden = field.type === "checkbox" ? !field.checked : !(field.dataset.when || "").split(" ").includes(field.value);
  };
  document.addEventListener("reset", (event) => setTimeout(() => $$("[data-toggles]", event.target).forEach(toggles)));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy !== undefined) {
      const from = button.dataset.from && document.getElementById(button.dataset.from);
      try {
        await navigator.clipboard.writeText(from ? from.textContent : button.dataset.copy);
        tell(words.copied);
      } catch {
        tell(words.uncopied, true);
      }
    }
    if (button.dataset.open) { event.preventDefault(); document.getElementById(button.dataset.open)?.showModal(); }
    if (button.dataset.close !== undefined) { event.preventDefault(); button.closest("dialog").close(); }
    if (button.dataset.print !== undefined) print();
    if (button.dataset.add) more(button);
    if (button.dataset.drop !== undefined) {
      const form = button.form;
      button.closest("[data-row]").remove();
      renumber(form);
      form.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (button.dataset.pick) pickProducts(button);
    if (button.dataset.panel) unfold(button);
    if (button.dataset.fold !== undefined) fold(button.form);
  });
  const more = (button) => {
    const template = document.getElementById(button.dataset.add);
    template.before(template.content.cloneNode(true));
    renumber(button.form);
    $$("[data-row]", button.form).at(-1)?.querySelector("input")?.focus();
  };
  const renumber = (form) => {
    $$("[data-row]", form).forEach((row, at) => {
      $$("[data-name]", row).forEach((field) => (field.name = field.dataset.name.replace("*", at)));
    });
  };
  const pickProducts = async (button) => {
    const picked = await admin().resourcePicker?.({ type: "product", multiple: true, action: "select" });
    if (!picked?.length) return;
    const ids = picked.map((one) => String(one.id).split("/").pop()).join(",");
    go(`${button.dataset.pick}?products=${ids}`);
  };

  // --- serial numbers: one field per unit, saved as it is left; a scanner's Enter moves on ----------------------------
  let saving = Promise.resolve();
  const fields = () => $$(".unit input[data-item]");
  const say = (row, state, sign) => { row.dataset.state = state; $(".state", row).textContent = sign; };
  const enter = (field) => {
    const value = field.value.trim();
    if (value === field.dataset.saved) return unmark(field);
    const key = value.normalize("NFC").toLowerCase();
    const twin = value && fields().find((one) => one !== field && one.dataset.line === field.dataset.line && one.value.trim().normalize("NFC").toLowerCase() === key);
    if (twin) {
      say(field.closest(".unit"), "wrong", "");
      mark(field, words.twice);
      tell(words.twice, true);
      return back(field);
    }
    say(field.closest(".unit"), "saving", "…");
    saving = saving.then(() => store([field]));
  };
  const store = async (group) => {
    for (const field of group) field.dataset.sent = field.value;
    const entries = group.map((field) => ({ itemId: field.dataset.item, serialNumber: field.value.trim() || null, version: Number(field.dataset.version), confirmed: !!field.dataset.asked && field.dataset.asked === field.value.trim() }));
    const found = await send(address($("[data-serials]").dataset.serials), JSON.stringify({ entries }), "application/json").catch(() => null);
    group.forEach((field, at) => {
      const verdict = found?.ok ? found.results[at] : { error: found?.error?.message || words.away };
      const row = field.closest(".unit");
      if (!row) return;
      if (verdict.error) {
        say(row, "wrong", "");
        mark(field, verdict.error);
        field.dataset.asked = verdict.ask ? field.value.trim() : "";
        // Whoever enters it once more has seen what somebody else entered, and means it.
        if (verdict.version) { field.dataset.version = verdict.version; field.dataset.saved = verdict.serialNumber ?? ""; }
        tell(`${field.value.trim()}: ${verdict.error}`, true);
        return back(field);
      }
      unmark(field);
      // What was scanned may have been a link or a GS1 code; the field shows the number that it names.
      if (verdict.serialNumber && field.dataset.sent === field.value) field.value = verdict.serialNumber;
      field.dataset.version = verdict.version;
      const below = row.nextElementSibling;
      if (below?.matches(".unfolded")) $("form", below).elements.version.value = verdict.version;
      field.dataset.saved = verdict.serialNumber ?? "";
      say(row, verdict.serialNumber ? "saved" : "", verdict.serialNumber ? "✓" : "");
      $("#said").textContent = `${words.saved} ${verdict.serialNumber ?? ""}`;
    });
    tally();
  };
  // Whoever has gone on to the next empty field is called back; whoever is typing already is not torn away.
  const back = (field) =>
    setTimeout(() => {
      const active = document.activeElement;
      if (active === field || !active?.matches?.(".unit input") || !active.value) { field.focus(); field.select(); }
    });
  const tally = () => {
    const all = fields();
    const bar = $("#tally");
    if (bar) { bar.max = all.length || 1; bar.value = all.filter((one) => one.dataset.saved).length; }
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (field.matches?.(".unit input[data-item]")) {
      const all = fields();
      const at = all.indexOf(field);
      // Some scanners end with Tab instead of Enter; who typed a number by hand goes on to the next one as well.
      if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey && field.value.trim() !== field.dataset.saved)) {
        event.preventDefault();
        // The same number once more, after the question: the browser sees no change.
        if (field.dataset.asked && field.dataset.asked === field.value.trim()) enter(field);
        const next = all.slice(at + 1).find((one) => !one.value) || all[at + 1];
        if (next) { next.focus(); next.select(); } else field.blur();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        all[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
      }
    } else if (event.key === "Escape" && field.closest?.("form.panel")) {
      fold(field.closest("form.panel"));
    } else if (event.key === "/" && !field.closest?.("input, textarea, select")) {
      const search = $("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); }
    }
  });
  document.addEventListener("paste", (event) => {
    const field = event.target.closest?.(".unit input[data-item]");
    const lines = (event.clipboardData?.getData("text") || "").split(/\r\n|[\r\n\t]/).map((line) => line.trim()).filter(Boolean);
    if (!field || lines.length < 2) return;
    event.preventDefault();
    const all = fields().slice(fields().indexOf(field)).filter((one, at) => at === 0 || !one.value);
    const filled = all.slice(0, lines.length);
    filled.forEach((one, at) => { one.value = lines[at]; say(one.closest(".unit"), "saving", "…"); });
    if (lines.length > all.length) tell(words.surplus.replace("{count}", lines.length - all.length), true);
    for (let start = 0; start < filled.length; start += 200) saving = saving.then(() => store(filled.slice(start, start + 200)));
    (all[lines.length] || filled.at(-1)).focus();
  });

  // --- fields and warranty of a unit: a form that unfolds under its row --------------------------------------------------
  const panel = async (url) => {
    const answer = await fetch(address(url), { headers: headers("text/html") });
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form.panel");
  };
  const opener = (form) => form.closest("tr").previousElementSibling.querySelector("[data-panel]");
  const unfold = async (button) => {
    const row = button.closest("tr");
    const open = row.nextElementSibling?.matches(".unfolded") && row.nextElementSibling;
    if (open) return fold($("form", open));
    if (button.dataset.busy) return;
    button.dataset.busy = "1";
    // A serial number that is still being saved makes a new version of the unit.
    await saving;
    const form = await panel(button.dataset.panel).catch(() => null);
    delete button.dataset.busy;
    if (!form) return tell(words.away, true);
    const below = document.createElement("tr");
    below.className = "unfolded";
    const cell = below.appendChild(Object.assign(document.createElement("td"), { colSpan: row.cells.length, className: "full" }));
    cell.append(form);
    row.after(below);
    button.setAttribute("aria-expanded", "true");
    $("input:not([type=hidden]), select", form).focus();
  };
  const fold = (form) => {
    const button = opener(form);
    form.closest("tr").remove();
    button.setAttribute("aria-expanded", "false");
    button.focus();
  };
  const keep = async (form) => {
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    $$("[aria-invalid]", form).forEach(unmark);
    await saving;
    const found = await send(address(target(form)), new URLSearchParams(new FormData(form))).catch(() => null);
    delete form.dataset.busy;
    if (!form.isConnected) return;
    if (!found) return tell(words.away, true);
    if (!found.ok) {
      complain(form, found.error);
      return found.error.code === "version_conflict" && overtaken(form);
    }
    const row = form.closest("tr").previousElementSibling;
    const serial = $("input[data-item]", row);
    const stored = found.serialNumber ?? "";
    // A number that somebody else entered is shown; one being typed here meets the newer version and is told.
    if (serial.value.trim() === serial.dataset.saved) {
      serial.value = serial.dataset.saved = stored;
      serial.dataset.version = found.version;
      say(row, stored ? "saved" : "", stored ? "✓" : "");
    } else if (serial.dataset.saved === stored) serial.dataset.version = found.version;
    $(".warranty", row).textContent = found.warranty;
    $(".fields", row).textContent = found.fields;
    fold(form);
    tell(found.toast);
  };
  // Somebody else was faster: what they entered is shown beside what was typed here, and saving once more means it.
  const overtaken = async (form) => {
    const fresh = await panel(opener(form).dataset.panel).catch(() => null);
    if (!fresh || !form.isConnected) return;
    form.elements.version.value = fresh.elements.version.value;
    for (const field of $$("input:not([type=hidden]), select", form)) {
      const theirs = fresh.elements.namedItem(field.name);
      if (!theirs || theirs.value === field.value) continue;
      const shown = theirs.matches("select") ? theirs.selectedOptions[0].textContent : theirs.value;
      if (!field.closest("[hidden]")) mark(field, words.now.replace("{value}", shown || words.empty));
    }
  };

  // --- the packing table ------------------------------------------------------------------------------------------
  const scan = async (form) => {
    const input = $("input.code", form);
    const code = input.value.trim();
    input.value = "";
    input.focus();
    if (!code) return;
    const line = $("input[name=line]:checked")?.value || "";
    saving = saving.then(() => checked(form, code, line));
  };
  const checked = async (form, code, line, confirmed = false) => {
    const body = JSON.stringify({ code, line, confirmed });
    const found = await send(address(target(form)), body, "application/json").catch(() => null);
    if (!form.isConnected) return;
    const verdict = $("#verdict");
    const good = !!found?.ok;
    const asks = !good && !!found?.error?.code?.startsWith("confirm_");
    verdict.className = `verdict ${good ? "good" : asks ? "ask" : "bad"}`;
    verdict.textContent = good ? found.message : `${code}: ${found?.error?.message || words.away}`;
    // The focus stays in the field: a scanner ends with Enter, which would press the button.
    if (asks) offer(words.anyway, () => (saving = saving.then(() => checked(form, code, line, true))), form);
    if (!good) return;
    offer(words.undo, () => (saving = saving.then(() => undo(form, found))), form);
    const row = document.querySelector(`.unit-scan[data-unit="${CSS.escape(found.itemId)}"]`);
    row?.classList.add("done");
    if (row) { $(".serial", row).textContent = found.serialNumber || ""; $(".state", row).textContent = "✓"; }
    $("#left").textContent = words.left.replace("{count}", found.left);
    if (!found.left) {
      form.hidden = $("#units").hidden = true;
      $("#finished").hidden = false;
      $("#finished input, #finished a").focus();
    }
  };
  const offer = (label, act, form) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = label;
    button.addEventListener("click", () => { button.disabled = true; $("input.code", form).focus(); act(); });
    $("#verdict").append(" ", button);
  };
  const undo = async (form, { itemId, entered }) => {
    const body = JSON.stringify({ itemId, entered });
    const found = await send(address(`${target(form)}/undo`), body, "application/json").catch(() => null);
    if (!found?.ok) return tell(found?.error?.message || words.away, true);
    await load(location.href, { push: false, scroll: false });
    tell(found.message);
  };

  // --- long work: files to look through, and bars that follow the worker ----------------------------------------------
  const upload = async (field) => {
    const file = field.files[0];
    const form = field.form;
    if (!file || form.dataset.busy) return;
    form.dataset.busy = "1";
    unmark(field);
    $(".reading", form).hidden = false;
    field.disabled = true;
    const found = await send(address(target(form)), file, "text/csv").catch(() => null);
    if (!form.isConnected) return;
    delete form.dataset.busy;
    $(".reading", form).hidden = true;
    field.disabled = false;
    if (found?.ok) return load(found.go);
    mark(field, found?.error?.message || words.away);
    field.value = "";
    field.focus();
  };
  const follow = async (box) => {
    if (box.dataset.followed) return;
    box.dataset.followed = "1";
    let wait = 250;
    while (box.isConnected) {
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(wait * 1.5, 2000);
      const answer = await fetch(address(box.dataset.task), { headers: headers("application/json") }).catch(() => null);
      const found = answer?.ok ? await answer.json().catch(() => null) : null;
      if (!found || !box.isConnected) continue;
      $("progress", box).max = found.total || 1;
      $("progress", box).value = found.done;
      $("p", box).textContent = found.said;
      if (found.finished) {
        await load(location.href, { push: false, scroll: false });
        return tell(found.said);
      }
    }
  };

  // --- arriving ------------------------------------------------------------------------------------------------------
  const arrived = () => {
    tally();
    $$("form").forEach(picks2);
    $$("[data-task]").forEach(follow);
    $$("[data-toggles]").forEach((field) => (field.type !== "radio" || field.checked) && toggles(field));
  };
  const picks2 = (form) => $(".bulk", form) && picks(form);
  const begin = () => {
    arrived();
    // The browser itself does not focus in a frame of another origin; a scanner types wherever the focus is.
    $("main [autofocus]")?.focus();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
