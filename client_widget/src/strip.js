// @ts-check
/**
 * What stands between the panel's heading and its list: tabs, where other threads were merged into the section, and
 * quiet lines about where its words were and are. Only the counts change while the reader looks (law 8).
 */

import { h, icon } from "./element.js";
import { begun, pieces, say, t } from "./words.js";

/** @typedef {{id: string, words: string, heading: string, chosen: boolean}} Tab what it says, and the heading in that */
/** @typedef {{id?: string, words: import("./words.js").Sentence, heading: string, back?: boolean, go: () => void}} Line */

export class Strip {
  /** What tells a thread's count, each by its id. @type {[string, (count: number) => void][]} */
  #counts = [];

  /** @param {HTMLElement} list what the tabs switch @param {(id: string) => void} choose */
  constructor(list, choose) {
    this.list = list;
    this.choose = choose;
    this.node = h("div", { className: "strip" });
  }

  /** @param {{tabs: Tab[], lines: Line[], gone?: string}} what `gone`: how the section began that is not here any more */
  show({ tabs, lines, gone }) {
    this.#counts = [];
    const bar = tabs.length > 1 && this.#tabs(tabs);
    const lost = gone != null && h("p", { className: "lost" }, gone ? t.lostBegan : t.lost);
    const quote = gone && h("blockquote", { part: "earlier-quote", dir: "auto" }, begun(gone));
    const parts = [bar, ...lines.map((line) => this.#line(line)), lost, quote];
    this.node.replaceChildren(...parts.filter((part) => part instanceof Node));
    this.list.role = bar ? "tabpanel" : "group";
    if (bar) this.list.setAttribute("aria-labelledby", "tab");
    else this.list.removeAttribute("aria-labelledby");
  }

  /** @param {(id: string) => number} of how many comments a thread has now */
  count(of) {
    for (const [id, tell] of this.#counts) tell(of(id));
  }

  /** @param {Tab[]} tabs */
  #tabs(tabs) {
    const bar = h("div", { className: "tabs", role: "tablist", ariaLabel: t.threads, onkeydown: (/** @type {KeyboardEvent} */ event) => step(event) });
    for (const { id, words, heading, chosen } of tabs) {
      const label = say(words, { heading });
      const number = h("span", { className: "number" });
      const tab = h("button", { role: "tab", part: "tab", "data-thread": id, title: label, onclick: () => this.choose(id) }, h("span", {}, ...pieces(words, { heading: h("bdi", {}, heading) })), number);
      mark(tab, chosen);
      this.#counts.push([id, (count) => ((number.textContent = `${count}`), (tab.ariaLabel = `${label}, ${say(t.comments, { n: count })}`))]);
      bar.append(tab);
    }
    return bar;
  }

  /** Show which thread is open; the tabs stay where they are. @param {string} id */
  mark(id) {
    for (const tab of this.node.querySelectorAll("button")) if (tab.role === "tab") mark(tab, tab.dataset.thread === id);
  }

  /** @param {Line} line */
  #line({ id = "", words, heading, back, go }) {
    const told = h("span", {});
    this.#counts.push([id, (count) => told.replaceChildren(...pieces(words, { n: count, heading: h("bdi", {}, heading) }))]);
    return h("button", { className: "line", "data-action": back ? "back" : "part", onclick: go }, back && icon("back"), told);
  }
}

/** @param {HTMLElement} tab @param {boolean} chosen */
const mark = (tab, chosen) => {
  tab.ariaSelected = String(chosen);
  tab.tabIndex = chosen ? 0 : -1;
  tab.id = chosen ? "tab" : "";
};

/** The arrows go from tab to tab, as the text runs; Enter opens one. @param {KeyboardEvent} event */
const step = (event) => {
  const tabs = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("button")];
  const way = tabs[0].matches(":dir(rtl)") ? -1 : 1;
  const at = tabs.findIndex((tab) => tab === event.target);
  const to = { ArrowRight: at + way, ArrowLeft: at - way, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  // The key that leaves the tabs does not stop at another of them.
  for (const tab of tabs) tab.tabIndex = tab === next ? 0 : -1;
  next.focus();
};
