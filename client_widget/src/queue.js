// @ts-check
/**
 * The queue's screen, by keyboard and as it changes. The page works without this: here its own links are followed and
 * its own forms are sent, and of the pages that come back what is new is put in place of the old. Nothing is made here
 * that the server has not written, and a browser reads those answers as documents that run nothing.
 */

import { h } from "./element.js";

/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement | null} */
const one = (selector, within = document) => within.querySelector(selector);
/** @param {string} selector @returns {HTMLElement[]} */
const all = (selector) => [...document.querySelectorAll(selector)].map((each) => /** @type {HTMLElement} */ (each));

const PATIENCE = 120000;
/** How long one stands still before others are told what he looks at, in milliseconds. */
const STILL = 300;
/** A claim holds a minute. */
const RENEW = 25000;
/** The most that is waited between two attempts to connect. */
const MOST = 30000;
const SIGNED_OUT = 4401;
const KEYS = [
  [["j", "k"], "next, previous"],
  [["a"], "approve, or restore"],
  [["h"], "hide: then 1 to 9 for the reason, or Enter for the first"],
  [["b"], "ban"],
  [["p"], "purge: asks first, then p again"],
  [["x"], "select"],
  [["l"], "this section: lock, slow, close"],
  [["o"], "open on its page"],
  [["z"], "undo"],
  [["/"], "search"],
  [["Esc"], "close, or leave a field"],
];

/** A page as a document, and where it was found. @param {string} method @param {string} url @param {URLSearchParams} [body] @returns {Promise<{page: Document, url: string, status: number}>} */
const ask = (method, url, body) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open(method, url);
  // A document of this kind needs no trusted type: it runs no script and loads nothing.
  request.responseType = "document";
  request.timeout = PATIENCE;
  request.onload = () => {
    const page = request.responseXML;
    if (page && one("#main", page)) resolve({ page, url: request.responseURL, status: request.status });
    else reject(new Error(request.status === 429 ? "That was too fast. Wait a little, then go on." : "This did not work. Try again in a moment."));
  };
  request.onerror = request.ontimeout = () => reject(new Error("The service cannot be reached. Try again in a moment."));
  request.send(body);
});

// What is seen

/** Decisions of this window that can be taken back, the latest last. @type {{name: string, value: string}[]} */
const done = [];
let busy = false;

/**
 * Whether what I look at waits no more, since another decided it. A key was meant for what it was, so it goes on to
 * the next; a click still decides.
 */
const overtaken = () =>
  (new URLSearchParams(location.search).get("view") ?? "review") === "review" && one(".looked") && !one(".entries .here");

/** @param {string} text */
const say = (text) => one("#toast")?.replaceChildren(h("div", { className: "toast warn" }, h("span", {}, text)));

/** Whether somebody is about to write: then nothing of his is taken from under his hands. */
const isWriting = () => {
  const open = one("details.act[open]");
  return open?.contains(document.activeElement) ?? false;
};

/** Put what is new of a page in place. @param {Document} page @param {{quiet?: boolean}} [how] */
const show = (page, { quiet = false } = {}) => {
  const ticked = new Set(all(".pick input:checked").map((each) => /** @type {HTMLInputElement} */ (each).value));
  const focus = where();
  const before = one(".looked")?.dataset;
  const after = one(".looked", page)?.dataset;
  const same = before && after && before.id === after.id && before.version === after.version && quiet;
  // What one has begun to type or to choose above the list stays as it is, while there is a list to choose from.
  const above = quiet && !one("#bulk") === !one("#bulk", page);
  for (const id of above ? ["rows", "count", "item"] : ["list", "item", "toast"]) {
    if (quiet && (id === "toast" || (id === "item" && (same || isWriting())))) continue;
    const [old, fresh] = [one(`#${id}`), one(`#${id}`, page)];
    if (old && fresh) old.replaceChildren(...fresh.childNodes);
  }
  const [bar, freshBar] = [one(".ways"), one(".ways", page)];
  if (bar && freshBar && bar.textContent !== freshBar.textContent) bar.replaceChildren(...freshBar.childNodes);
  const [queue, fresh] = [one("#queue"), one("#queue", page)];
  if (queue && fresh) (queue.className = fresh.className), (queue.dataset.revision = fresh.dataset.revision);
  document.title = page.title;
  for (const box of all(".pick input")) /** @type {HTMLInputElement} */ (box).checked = ticked.has(/** @type {HTMLInputElement} */ (box).value);
  back(focus);
  if (!quiet) looking();
};

/** Among what the focus is. */
const where = () => {
  const at = document.activeElement;
  return at?.closest("#list .entries") ? "list" : at?.closest("#item") ? "item" : at?.closest("#toast") ? "item" : "";
};

/** Keep the keyboard's place, where it was within what has gone. @param {string} kind */
const back = (kind) => {
  if (!kind || document.activeElement !== document.body) return;
  const place = kind === "list" && one(".entries a[aria-current]");
  (place || one("#looked-at") || one("#main"))?.focus({ preventScroll: !place });
};

/** @param {() => Promise<void>} work */
const doing = async (work) => {
  if (busy) return; // nobody decides about what he has not seen yet
  busy = true;
  one("#queue")?.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  } finally {
    busy = false;
    one("#queue")?.removeAttribute("aria-busy");
  }
};

/** @param {string} url */
const go = (url) => doing(async () => {
  const answer = await ask("GET", url);
  show(answer.page);
  history.pushState(null, "", clean(answer.url));
  one(".entries .here")?.scrollIntoView({ block: "nearest" });
});

/** An address without what was just said at it. @param {string} url */
const clean = (url) => {
  const bare = new URL(url);
  bare.searchParams.delete("done");
  return bare.href;
};

/** Where a form goes. Its property of that name is a field of ours. @param {HTMLFormElement} form */
const doorOf = (form) => form.getAttribute("action") ?? "";

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
const send = (form, button) => doing(async () => {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, button)) body.append(name, String(value));
  if (doorOf(form).endsWith("/bulk") && body.has("sure")) say("Working…");
  const answer = await ask("POST", doorOf(form), body);
  const question = one("#sure", answer.page);
  if (question) return confirm(question);
  closeDialog();
  remember(form, answer.page);
  show(answer.page);
  looking(0);
  if (new URL(answer.url).pathname === location.pathname) history.replaceState(null, "", clean(answer.url));
  one(".entries .here")?.scrollIntoView({ block: "nearest" });
});

/** Keep what can be taken back, or forget what was. @param {HTMLFormElement} form @param {Document} page */
const remember = (form, page) => {
  const undone = doorOf(form).endsWith("/undo") && new FormData(form).get(form.elements.namedItem("batch") ? "batch" : "decision");
  if (undone) {
    const at = done.findIndex(({ value }) => value === undone);
    if (at >= 0) done.splice(at, 1);
  }
  const field = one("#toast [data-undo] input:not([name=token], [name=back])", page);
  if (field) done.push({ name: field.getAttribute("name") ?? "", value: field.getAttribute("value") ?? "" });
};

/** Take the latest back, whether or not it is still said. */
const undo = () => {
  const button = one("#toast [data-undo] button");
  if (button) return button.click();
  const last = done.pop();
  if (!last) return say("There is nothing to undo here. Older decisions are in the log.");
  const from = one("form [name=token]")?.closest("form");
  const [token, place] = ["token", "back"].map((name) => /** @type {HTMLInputElement | null} */ (one(`[name=${name}]`, from ?? document))?.value ?? "");
  const form = h("form", { method: "post", action: "/moderate/undo", hidden: true },
    ...[["token", token], ["back", place], [last.name, last.value]].map(([name, value]) => h("input", { type: "hidden", name, value })));
  document.body.append(form);
  send(form, null).finally(() => form.remove());
};

// What is asked in between

const closeDialog = () => one("dialog")?.remove();

/** @param {HTMLElement} inside @param {string} labelledby */
const dialog = (inside, labelledby) => {
  closeDialog();
  const from = document.activeElement;
  const box = h("dialog", { "aria-labelledby": labelledby, onclose: () => { box.remove(); if (from instanceof HTMLElement && from.isConnected) from.focus(); } }, inside);
  one("#main")?.append(box);
  box.showModal();
  return box;
};

/** @param {HTMLElement} question */
const confirm = (question) => {
  const box = dialog(document.adoptNode(question), "question");
  box.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("[data-no]")) (event.preventDefault(), box.close());
  });
  one("[data-no]", box)?.focus();
  one(".reasons button", box)?.focus();
};

const help = () => {
  const rows = KEYS.flatMap(([keys, what]) => [
    h("dt", {}, .../** @type {string[]} */ (keys).map((key) => h("kbd", {}, key))), h("dd", {}, /** @type {string} */ (what))]);
  const box = dialog(h("div", {}, h("h2", { id: "keys-title" }, "Keys"), h("dl", { className: "allkeys" }, ...rows),
    h("button", { type: "button", onclick: () => box.close() }, "Close")), "keys-title");
};

// Keys

/** @param {number} step */
const travel = (step) => {
  const entries = all(".entries li");
  const at = entries.findIndex((each) => each.classList.contains("here"));
  for (let next = at + step; next >= 0 && next < entries.length; next += step) {
    // What another looks at is passed over; a click still opens it.
    if (!("claimed" in entries[next].dataset)) return one("a", entries[next])?.click();
  }
  one(step > 0 ? ".list .pages [rel=next]" : ".list .pages [rel=first]")?.click();
};

const select = () => one(".entries .here .pick input")?.click();

/** @param {string} key @returns {boolean | void} */
const reason = (key) => {
  const choice = one("dialog[open] .reasons") ?? one("details.act[open] .reasons");
  if (!choice || !/^[1-9]$/.test(key)) return false;
  const button = choice.querySelectorAll("button")[Number(key) - 1];
  if (button?.value) button.click();
  return true;
};

/** @type {Record<string, () => void>} */
const ACTS = { j: () => travel(1), k: () => travel(-1), x: select, z: undo, "?": help };

/** @param {KeyboardEvent} event */
const onkey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.key === "Escape") return escape();
  const at = /** @type {HTMLElement} */ (event.target);
  if (at.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
  if (/^[1-9]$/.test(event.key)) return reason(event.key) && event.preventDefault();
  const asked = one("dialog[open]");
  const button = one(`${asked ? "dialog[open] " : ""}[data-key="${CSS.escape(event.key)}"]`);
  const act = asked ? undefined : ACTS[event.key];
  if ((!button && !act) || event.repeat) return;
  event.preventDefault();
  if (act) act();
  else if (!asked && overtaken() && button?.matches("[data-key=a], [data-key=h], [data-key=p]")) travel(1);
  else if (button?.matches("input")) (button.focus(), /** @type {HTMLInputElement} */ (button).select());
  else button?.click();
};

const escape = () => {
  const open = /** @type {HTMLDetailsElement | null} */ (one("details.act[open]"));
  if (open) {
    open.open = false;
    one("summary", open)?.focus();
  } else if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
};

/** What was unfolded is where one goes on. @param {Event} event */
const unfolded = ({ target }) => {
  if (!(target instanceof HTMLDetailsElement) || !target.matches(".act") || !target.open) return;
  for (const other of all("details.act[open]")) if (other !== target) /** @type {HTMLDetailsElement} */ (other).open = false;
  one(".sheet button, .sheet input:not([type=hidden])", target)?.focus();
  one(".sheet", target)?.scrollIntoView({ block: "nearest" });
};

/** @param {MouseEvent} event */
const onclick = (event) => {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.defaultPrevented) return;
  const at = /** @type {Element} */ (event.target);
  if (at.closest("[data-key='?']")) return help();
  const link = at.closest("a");
  if (!link || link.target || link.matches("[data-no]") || !link.closest("#queue, .ways")) {
    const open = one("details.act[open]");
    if (open && !open.contains(at)) /** @type {HTMLDetailsElement} */ (open).open = false;
    return;
  }
  if (link.origin !== location.origin || link.pathname !== "/moderate") return;
  event.preventDefault();
  go(link.href);
};

/** @param {SubmitEvent} event */
const onsubmit = (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.closest("#main") && form.isConnected === false) return;
  event.preventDefault();
  if (form.method === "post") return send(form, event.submitter);
  const url = new URL(doorOf(form), location.href);
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, String(value));
  go(url.href);
};

// What others do

/** @type {WebSocket | null} */
let socket = null;
let tries = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let still;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let asking;

/** Tell what I look at, once I stand still; at once where a decision led there. */
const looking = (after = STILL) => {
  clearTimeout(still);
  still = setTimeout(() => {
    const item = one(".looked")?.dataset.item || null;
    const seen = document.visibilityState === "visible" ? item : null;
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "looking", item: seen }));
  }, after);
};

/** @typedef {{type: string, revision: number, waiting: string, gone: string[], changed: string[], claims: Record<string, string>}} Moved */

/** @param {Moved} news */
const moved = (news) => {
  if (news.type !== "queue" || news.revision <= Number(one("#queue")?.dataset.revision)) return;
  clearTimeout(asking);
  asking = setTimeout(refresh, 100);
};

/** Ask for the page as it is now; what I have open stays, unless somebody has decided it. */
const refresh = async () => {
  clearTimeout(asking);
  if (busy) return void (asking = setTimeout(refresh, 200));
  // The first of the list is looked at where none is named: it must not slip away under whoever reads it.
  const here = one(".looked")?.dataset.id;
  const url = new URL(location.href);
  if (here && !url.searchParams.has("item")) url.searchParams.set("item", here);
  const at = location.href;
  try {
    const { page, status } = await ask("GET", url.href);
    if (busy || location.href !== at || status !== 200) return;
    const narrow = one("#queue")?.classList.contains("many");
    show(page, { quiet: true });
    if (narrow) one("#queue")?.classList.replace("one", "many");
  } catch {
    // The socket will say so too, or the next key does.
  }
};

const connect = () => {
  const mine = (socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/moderate/live`));
  let opened = 0;
  mine.onopen = () => {
    opened = Date.now();
    looking();
  };
  mine.onmessage = ({ data }) => mine === socket && moved(JSON.parse(data));
  mine.onclose = ({ code }) => {
    if (code === SIGNED_OUT) return say("Your sign-in has ended. Sign in again to go on.");
    if (opened && Date.now() - opened > 10000) tries = 0;
    // Full jitter: after a restart nobody comes back at the same moment.
    setTimeout(connect, Math.random() * Math.min(MOST, 1000 * 2 ** ++tries));
  };
};

const begin = () => {
  addEventListener("keydown", onkey);
  addEventListener("click", onclick);
  addEventListener("submit", onsubmit);
  addEventListener("toggle", unfolded, true);
  addEventListener("popstate", () => doing(async () => show((await ask("GET", location.href)).page)));
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? (looking(), refresh()) : looking()));
  for (const button of all(".keys [hidden]")) button.hidden = false;
  document.body.classList.add("live");
  addEventListener("change", ({ target }) => target instanceof HTMLSelectElement && target.closest(".search") && target.form?.requestSubmit());
  history.replaceState(null, "", clean(location.href));
  connect();
  setInterval(() => document.visibilityState === "visible" && looking(), RENEW);
  // Claims end by themselves, with nobody to say so.
  setInterval(() => one("[data-claimed]") && refresh(), RENEW);
};

begin();
