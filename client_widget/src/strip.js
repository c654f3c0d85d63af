// @ts-check
/**
 * What stands between the panel's heading and its list: tabs (the section's thread, those merged into it, all sections),
 * and lines.js below them. Only the counts change while the reader looks (law 8).
 */

import { h } from "./element.js";
import { pieces, say, t } from "./words.js";

/** @typedef {{id: string, words: string, heading?: string, count: () => number}} Tab what it says, and the heading in that */

export class Strip {
  /** What tells a count. @type {(() => void)[]} */
  tell = [];

  /** @param {HTMLElement} list what the tabs switch @param {(id: string) => void} choose */
  constructor(list, choose) {
    this.list = list;
    this.choose = choose;
    this.node = h("div", { className: "strip" });
  }

  /** @param {Tab[]} tabs @param {string} chosen */
  show(tabs, chosen) {
    this.tell = [];
    const bar = h("div", { className: "tabs", role: "tablist", ariaLabel: t.threads, onkeydown: step });
    for (const { id, words, heading = "", count } of tabs) {
      const name = say(words, { heading });
      const number = h("span");
      const tab = h("button", { role: "tab", part: "tab", "data-thread": id, title: name, onclick: () => this.choose(id) },
        h("span", {}, ...pieces(words, { heading: h("bdi", {}, heading) })), number);
      this.tell.push(() => {
        number.textContent = say("{n}", { n: count() });
        tab.ariaLabel = say(t.counted, { name, count: say(t.comments, { n: count() }) });
      });
      bar.append(tab);
    }
    this.node.replaceChildren(...(tabs[1] ? [bar] : []));
    this.mark(chosen);
    this.count();
  }

  count() {
    for (const tell of this.tell) tell();
  }

  /** Show which is open; the tabs stay where they are. @param {string} id @param {HTMLElement} [list] what is on show */
  mark(id, list = this.list) {
    let any = false;
    for (const tab of this.node.querySelectorAll("button")) {
      const chosen = tab.dataset.thread === id;
      if (tab.role !== "tab") continue;
      any = true;
      tab.ariaSelected = String(chosen);
      tab.tabIndex = chosen ? 0 : -1;
      tab.id = chosen ? "tab" : "";
    }
    list.role = any ? "tabpanel" : "group";
    list.setAttribute("aria-labelledby", any ? "tab" : "heading");
  }
}

/** The arrows go from tab to tab, as the text runs; Enter opens one. @param {KeyboardEvent} event */
const step = (event) => {
  const tab = /** @type {HTMLElement} */ (event.target);
  const bar = /** @type {HTMLElement} */ (event.currentTarget);
  const ahead = tab.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight";
  if (!/^Arrow[LR]/.test(event.key)) return;
  const to = event.key === ahead ? (tab.nextSibling ?? bar.firstChild) : (tab.previousSibling ?? bar.lastChild);
  // The key that leaves the tabs does not stop at another of them.
  tab.tabIndex = -1;
  /** @type {HTMLElement} */ (to).tabIndex = 0;
  /** @type {HTMLElement} */ (to).focus();
};
