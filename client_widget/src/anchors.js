// @ts-check
/**
 * The page /moderate/anchors of the service: where threads stand and why, for an owner to say otherwise.
 * All that it shows comes in as text. Whoever opened it is known by the cookie of the service's own pages.
 */

import { h } from "./element.js";
import { ago, begun, date } from "./words.js";

/**
 * @typedef {{heading?: string, excerpt?: string}} Side
 * @typedef {{id: string, section: string, move: string, open?: boolean, can_undo?: boolean, old?: Side, new?: Side,
 *   comments?: number, score?: number, reason?: string, by?: string, at: number, answers?: string}} Case
 * @typedef {{id: string, url: string, title?: string, open?: number, moves?: number}} Page
 * @typedef {{key: string, url: string, found: string}} Move
 * @typedef {{page: Page, source?: string, cases?: Case[], choices?: {id: string, heading?: string}[], moves?: Move[]}} Anchors
 */

const service = new URL("../..", import.meta.url).href;
const place = /** @type {HTMLElement} */ (document.getElementById("postil-anchors"));
const status = /** @type {HTMLElement} */ (document.getElementById("postil-status"));
const asked = new URLSearchParams(location.search).get("url");
/** A fetch of the owner's page may take ten seconds. */
const PATIENCE = 20000;

/** What went wrong, as a sentence. @param {string} code @param {string} detail */
const refusal = (code, detail) => Object.assign(new Error(detail), { code });

/** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
const ask = async (method, path, body) => {
  /** @type {RequestInit} */
  const options = { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE) };
  if (body) options.headers = { "Content-Type": "application/json" };
  const response = await fetch(`${service}v1/${path}`, { ...options, credentials: "same-origin" }).catch(() => {
    throw refusal("network", "The service cannot be reached. Try again in a moment.");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw refusal(answer.code ?? "internal", answer.detail ?? "Something went wrong. Try again.");
  return answer;
};

/** @param {number} count @param {string} one @param {string} many */
const some = (count, one, many) => `${count} ${count === 1 ? one : many}`;

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {Side} [side] */
const named = (side) => (side?.heading ? `“${side.heading}”` : side?.excerpt ? "the introduction" : "a section");

/** An address as people read it. @param {string} url */
const shown = (url) => {
  const { host, pathname, search } = new URL(url);
  try {
    return decodeURI(host + pathname + search);
  } catch {
    return host + pathname + search; // its escapes are not of UTF-8
  }
};

// The pages

/** @param {Page} page */
const pageLink = (page) => {
  const chips = [
    page.open && h("span", { className: "chip" }, `${page.open} to decide`),
    page.moves && h("span", { className: "chip" }, "seems to have moved"),
  ];
  const current = page.url === asked;
  return h("li", {}, h("a", { href: `?url=${encodeURIComponent(page.url)}`, ariaCurrent: current ? "page" : null },
    h("b", {}, page.title || shown(page.url)), h("span", { className: "soft" }, shown(page.url)),
    chips.some(Boolean) && h("span", { className: "chips" }, ...chips)));
};

/** @param {Page[]} pages */
const pageList = (pages) => h("nav", { ariaLabel: "Pages" }, pages.length
  ? h("ul", {}, ...pages.map(pageLink))
  : h("p", { className: "empty" }, "No page has been published, fetched or read by many yet."));

// One page

/** @param {string} label @param {Side} [side] */
const half = (label, side) => h("div", { className: "side" }, h("h5", {}, label),
  side?.heading ? h("b", {}, side.heading) : side?.excerpt ? h("b", {}, "Introduction") : null,
  side?.excerpt ? h("p", {}, begun(side.excerpt)) : h("p", { className: "soft" }, "Its words are not known here."));

/** @param {Case} one */
const why = ({ score, reason = "" }) => h("p", { className: "why" },
  score ? h("b", {}, `${Math.round(score * 100)} % alike`) : null, score ? `: ${reason}` : capital(reason));

/** Choosing another section of the article. @param {Anchors} told @param {Case} one */
const merging = (told, one) => {
  const options = (told.choices ?? []).map(({ id, heading }) => h("option", { value: id }, heading || "Introduction"));
  const select = h("select", { ariaLabel: `Merge ${named(one.old)} into`, required: true }, h("option", { value: "" }, "Another section…"), ...options);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    act(`anchors/${one.id}/merge`, { into: select.value }, `${named(one.old)} was merged.`);
  };
  return h("form", { className: "merge", onsubmit: submit }, select, h("button", {}, "Merge"));
};

/** @param {string} text @param {() => void} onclick @param {string} [className] */
const button = (text, onclick, className) => h("button", { type: "button", onclick, className: className ?? "" }, text);

/** @param {Case} one */
const isNamedAlike = (one) => named(one.old) === named(one.new);

/** @param {Case} one */
const doubt = (one) => (isNamedAlike(one) ? `Is ${named(one.old)} still the same section?` : `Is ${named(one.old)} now ${named(one.new)}?`);

/** @param {Anchors} told @param {Case} one */
const question = (told, one) => h("article", { className: "case ask", ariaLabel: doubt(one) },
  h("h4", {}, doubt(one)),
  h("p", { className: "soft" }, `${some(one.comments ?? 0, "comment", "comments")}, asked ${ago(one.at)}`),
  h("div", { className: "sides" }, half("Then", one.old), half("Now", one.new)),
  why(one),
  h("div", { className: "actions" },
    button("Same section", () => act(`anchors/${one.id}/same`, undefined, `${named(one.old)} goes on${isNamedAlike(one) ? "" : ` as ${named(one.new)}`}.`), "primary"),
    button("Keep apart", () => act(`anchors/${one.id}/apart`, undefined, `${named(one.old)} stays among the earlier discussions.`)),
    merging(told, one)));

/** What a decision did, in words. @type {Record<string, (one: Case) => string>} */
const DID = {
  kept: (one) => (isNamedAlike(one) ? `${named(one.old)} was edited` : `${named(one.old)} is ${named(one.new)} now`),
  split: (one) => `${named(one.old)} was split; its discussion is under ${named(one.new)}`,
  merged: (one) => `${named(one.old)} became part of ${named(one.new)}`,
  back: (one) => `${named(one.new)} is in the article again`,
  unsure: (one) => `It was asked: ${doubt(one)}`,
  gone: (one) => `${named(one.old)} is gone; its discussion is among the earlier ones`,
  same: (one) => (isNamedAlike(one) ? `${named(one.old)} is still the same` : `${named(one.old)} is ${named(one.new)}`),
  merge: (one) => `${named(one.old)} was merged into ${named(one.new)}`,
  apart: (one) => `${named(one.old)} was kept apart`,
  undo: (one) => (one.new ? `${named(one.old)} was put back to ${named(one.new)}` : `${named(one.old)} was taken out again`),
};

/** How the section began, before and after, for whoever wants to see it. @param {Case} one */
const sides = ({ old, new: now }) => old?.excerpt || now?.excerpt
  ? h("details", {}, h("summary", {}, now?.excerpt ? "Then and now" : "Then"),
    h("div", { className: "sides" }, half("Then", old), now?.excerpt ? half("Now", now) : null))
  : null;

/** What only people decide. */
const PEOPLES = new Set(["same", "merge", "apart", "undo"]);

/** @param {Anchors} told @param {Case} one @param {boolean} latest whether nothing later is said of its thread */
const decision = (told, one, latest) => h("li", {},
  h("div", {}, h("b", {}, capital((DID[one.move] ?? (() => one.move))(one)).replace(/[^?]$/, "$&.")),
    one.reason ? why(one) : null, sides(one),
    h("p", { className: "soft" }, `${one.by ?? (PEOPLES.has(one.move) ? "At the command line" : "By rule")}, `, h("time", { title: date(one.at) }, ago(one.at)),
      `, ${some(one.comments ?? 0, "comment", "comments")}`)),
  h("div", { className: "actions" },
    one.can_undo && button("Undo", () => act(`anchors/${one.id}/undo`, undefined, "Undone."), "undo"),
    latest && one.move === "gone" && merging(told, one)));

/** @param {Anchors} told @param {Move} move */
const movedPage = ({ page }, move) => {
  const body = { page: page.id, key: move.key };
  const answers = /^\d+$/.test(move.found) ? `answers ${move.found}` : `leads to ${shown(move.found)}`;
  return h("article", { className: "case" }, h("h4", {}, "Has this page moved?"),
    h("p", {}, `${shown(page.url)} ${answers}, and readers see the same article at `, h("a", { href: move.url }, shown(move.url)), "."),
    h("div", { className: "actions" },
      button("It moved", () => act("moves/accept", body, "The discussion is at the new address now."), "primary"),
      button("Another page", () => act("moves/refuse", body, "It stays where it is."))));
};

const SOURCES = { published: "Published by your build", fetched: "Fetched from your site", seen: "As many readers saw it" };

/** @param {Anchors} told */
const detail = (told) => {
  const { page, source, cases = [], moves = [] } = told;
  const open = cases.filter((one) => one.open);
  const latest = new Set(cases.map(({ section }) => cases.find((one) => one.section === section && !one.open)));
  const done = cases.filter((one) => !one.open);
  const said = SOURCES[/** @type {keyof typeof SOURCES} */ (source)] ?? "Nothing was published or fetched yet";
  return h("section", { className: "page" },
    h("a", { className: "back", href: "?" }, "All pages"),
    h("header", {},
      h("div", {}, h("h2", { tabIndex: -1 }, page.title || shown(page.url)),
        h("p", { className: "soft" }, h("a", { href: page.url }, shown(page.url)), ` · ${said}`)),
      button("Refresh", refresh, "refresh")),
    ...moves.map((move) => movedPage(told, move)),
    h("h3", {}, open.length ? `To decide (${open.length})` : "Nothing to decide"),
    ...open.map((one) => question(told, one)),
    done.length ? h("h3", {}, "Decided") : null,
    done.length ? h("ol", { className: "log" }, ...done.map((one) => decision(told, one, latest.has(one)))) : null);
};

// What is done

/** @param {Page[]} pages @param {Anchors | null} told */
const show = (pages, told) => {
  place.classList.toggle("one", !!asked);
  place.replaceChildren(pageList(pages), told ? detail(told) : h("section", { className: "page" },
    h("p", { className: "empty" }, pages.some((page) => page.open || page.moves) ? "Choose a page that asks." : "No page asks anything.")));
};

/** @param {string} sentence @param {...Node} more */
const sorry = (sentence, ...more) => {
  place.replaceChildren(h("section", { className: "page" }, h("h2", {}, sentence), ...more));
  status.textContent = "";
};

const path = () => `anchors?url=${encodeURIComponent(current?.url ?? asked ?? "")}`;
/** The page that is shown, wherever it has moved. @type {Page | null} */
let current = null;
let busy = false;

/** Do something, show the page anew, say what happened, and keep the keyboard's place. @param {() => Promise<string>} work */
const doing = async (work) => {
  if (busy) return;
  busy = true;
  place.ariaBusy = "true";
  const at = where();
  status.textContent = "One moment…";
  try {
    const said = await work();
    await load();
    status.textContent = said;
    returnTo(at);
  } catch (error) {
    // Another window, or the article itself, was faster: show how it is now.
    if (/** @type {{code?: string}} */ (error).code === "state_conflict") await load().catch(() => {});
    status.textContent = /** @type {Error} */ (error).message;
  } finally {
    busy = false;
    place.ariaBusy = "false";
  }
};

/** @param {string} door @param {object | undefined} body @param {string} said */
const act = (door, body, said) => doing(async () => {
  ({ page: current } = await ask("POST", door, body));
  return capital(said);
});

const refresh = () => doing(async () => {
  const { changed, moves = {} } = await ask("POST", "page/refresh", { page: { url: current?.url } });
  const counts = Object.entries(moves).map(([move, count]) => `${count} ${move === "unsure" ? "to decide" : move}`);
  return changed ? `The page was read again: ${counts.join(", ") || "no discussion moved"}.` : "The page is as it was.";
});

/** Among which buttons of a kind the focus is. */
const where = () => {
  const focused = document.activeElement;
  const kind = ["refresh", "undo"].find((name) => focused?.classList.contains(name)) ?? "case";
  return { kind, index: kind === "case" ? [...place.querySelectorAll(".case")].findIndex((one) => one.contains(focused)) : 0 };
};

/** @param {{kind: string, index: number}} at */
const returnTo = ({ kind, index }) => {
  const cases = place.querySelectorAll(".case");
  const next = kind === "case" ? cases[Math.min(index, cases.length - 1)]?.querySelector("button") : place.querySelector(`.${kind}`);
  /** @type {HTMLElement | null} */ (next ?? place.querySelector("h2"))?.focus();
};

const load = async () => {
  const [{ pages = [] }, told] = await Promise.all([ask("GET", "anchors"), asked || current ? ask("GET", path()) : null]);
  current = told?.page ?? null;
  show(pages, told);
};

const begin = async () => {
  const link = h("a", { href: `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}` }, "Sign in");
  try {
    await load();
    status.textContent = "";
  } catch (error) {
    const { code, message } = /** @type {Error & {code: string}} */ (error);
    if (code === "forbidden") sorry("You moderate this site; where threads stand is for its owner to say.");
    else if (code === "unauthorized") sorry("Your sign-in has ended.", h("p", {}, link));
    else sorry(message, h("p", {}, h("a", { href: "?" }, "All pages")));
  }
};

begin();
