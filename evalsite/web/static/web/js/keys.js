// Keys for who prefers them, and buttons that copy. Everything keys do can be clicked, too.
"use strict";

(() => {
  const OFF = "keys-off";
  const one = (selector) => document.querySelector(selector);
  const isOn = () => localStorage.getItem(OFF) === null;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.getClientRects().length);
  let last = null;
  let quiet = 0;

  const say = (text) => {
    one("#said").textContent = text;
    clearTimeout(quiet);
    quiet = setTimeout(() => { one("#said").textContent = ""; }, 2500);
  };

  // Pages that come without TLS have no clipboard of their own: the old way is left to them.
  const copyOld = (text) => {
    const field = document.createElement("textarea");
    const before = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus();
    return done ? Promise.resolve() : Promise.reject(new Error("refused"));
  };
  const copy = (text, what) => {
    const copied = navigator.clipboard ? navigator.clipboard.writeText(text) : copyOld(text);
    copied.then(() => say(`${what} copied`), () => say(`${what} not copied: the browser refused`));
  };

  // The link of a row takes the focus, so that Enter opens it, as ever.
  const handle = (row) => {
    const link = row.matches("a[href]") ? row : row.querySelector("[data-row-link]") ?? row.querySelector("a[href]");
    if (link === null) row.tabIndex = -1;
    return link ?? row;
  };
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const here = document.activeElement.closest("[data-row]") ?? last;
    const at = all.indexOf(here);
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    last = all[next];
    handle(last).focus();
    last.scrollIntoView({ block: "nearest" });
  };
  const search = () => {
    const field = one("[data-key-search]");
    field?.focus();
    field?.select?.();
  };

  // What the page itself offers for a key, by `data-key`, goes before what the key does anywhere.
  const ofPage = (key) => (/^[a-z]$/.test(key) ? one(`[data-key="${key}"]`) : null);
  const list = () => {
    const known = [...document.querySelectorAll("#keys dt kbd")].map((kbd) => kbd.textContent);
    for (const offer of document.querySelectorAll("[data-key]")) {
      if (known.includes(offer.dataset.key)) continue;
      const [name, does] = [document.createElement("dt"), document.createElement("dd")];
      name.append(document.createElement("kbd"));
      name.firstChild.textContent = offer.dataset.key;
      does.textContent = offer.dataset.says ?? offer.firstChild.textContent.trim().toLowerCase();
      one("#keys dl").append(name, does);
      known.push(offer.dataset.key);
    }
    one("#keys").showModal();
  };

  const KEYS = {
    "?": list,
    "/": search,
    j: () => move(1),
    k: () => move(-1),
    y: () => copy(location.href, "Address"),
  };
  const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (!isOn() || isTyping(event.target) || one("dialog[open]")) return;
    const offer = ofPage(event.key);
    if (!offer && !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    offer ? offer.click() : KEYS[event.key]();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    const source = button && one(button.dataset.copy);
    if (source) copy((source.value ?? source.textContent).trim(), button.dataset.what ?? "Text");
    if (event.target.closest("[data-keys-open]")) list();
  });

  const on = one("#keys-on");
  on.checked = isOn();
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  document.documentElement.classList.add("has-keys");
})();
