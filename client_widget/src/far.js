// @ts-check
/**
 * Long threads: what is near is drawn, what is in sight first, a few in a frame. What is far is an empty item, which
 * has no box; the next that has one stands as far below as those are high, or will about be. So style, layout and paint
 * cost the same however long the thread is. Loaded where a thread is long.
 */

import { pause, SLICE } from "./list.js";

/** How near counts as near, in pixels: more than anybody scrolls or tabs in a frame. */
const NEAR = 1200;
/** What is so far away is emptied again: twice as far, so that who scrolls to and fro finds it there. */
const FAR = 2 * NEAR;
/** So many are emptied in a frame. */
const SOME = 10;
/** It is looked again once the reader has scrolled so far, in pixels. */
const STEP = 200;
/** What a comment takes without its words, a line of them, and a letter, in pixels; once drawn it is measured. */
const [BARE, LINE, LETTER] = [88, 22.5, 7];

/** @typedef {{item: HTMLElement, height: number, drawn: boolean}} Place */

export class Far {
  /** What is drawn, in order. @type {HTMLElement[]} */
  shown = [];
  /** @type {WeakMap<Element, Place>} */
  #known = new WeakMap();
  /** All items, in order: numbers in a row are walked a hundred times faster than elements. @type {Place[]} */
  #places = [];
  /** Where it was looked last. */
  #at = NaN;
  #waits = false;
  /** How wide the list is: asking for it while there is something to lay out would lay it out. */
  #width = 0;

  /** @param {import("./list.js").List} list */
  constructor(list) {
    const { node } = (this.list = list);
    list.list.style.display = "flow-root";
    node.addEventListener("scroll", () => this.#look(), { passive: true });
    new MutationObserver(() => list.steady(() => this.settle())).observe(list.list, { childList: true });
    new ResizeObserver(() => ((this.#width = node.clientWidth), this.#again())).observe(node);
    this.#width = node.clientWidth;
    this.settle();
  }

  /** @param {Element} item */
  #place(item) {
    const known = this.#known.get(item);
    if (known) return known;
    const place = { item: /** @type {HTMLElement} */ (item), height: 0, drawn: false };
    this.#known.set(item, place);
    return place;
  }

  /** An item stays empty: it will be about so high. @param {Element} item @param {string} [html] */
  guess(item, html = "") {
    const letters = html.replace(/<[^>]+>/g, "").length;
    this.#place(item).height ||= BARE + LINE * Math.ceil((letters * LETTER) / Math.max(this.#width - 180, 180));
  }

  /** Take in which items there are, and which are drawn. */
  settle() {
    this.#places = [...this.list.list.children].map((item) => this.#place(item));
    for (const place of this.#places) place.drawn = !!place.item.firstChild;
    this.#set();
    this.#again();
  }

  /** Have what is drawn stand below what is not. */
  #set() {
    let above = 0;
    this.shown = [];
    for (const { item, height, drawn } of this.#places) {
      above += drawn ? 0 : height;
      if (!drawn) continue;
      this.shown.push(item);
      put(item, "marginTop", above);
      above = 0;
    }
    put(this.list.list, "paddingBottom", above);
  }

  /** Draw what has come near, as much as a frame bears; the rest follows. Empty what is far. */
  #look() {
    const { list } = this;
    const { scrollTop } = list.node;
    if (Math.abs(scrollTop - this.#at) < STEP) return;
    this.#at = scrollTop;
    const end = performance.now() + SLICE;
    const { near, far } = this.#distances();
    if (!near.length && !far.length) return;
    const left = far.splice(SOME).length;
    list.steady(() => {
      for (const { place, height } of far) empty(place, height);
      for (let place = near.shift(); place; place = performance.now() < end ? near.shift() : undefined) {
        list.fill(place.item);
        place.drawn = true;
      }
      this.#set();
    });
    if (near.length || left) this.#again();
  }

  /** Look once more, when there is nothing more urgent. */
  async #again() {
    this.#at = NaN;
    if (this.#waits) return;
    this.#waits = true;
    await pause();
    this.#waits = false;
    this.#look();
  }

  /** What is near and empty, in the order in which it is wanted; and what is far and is not, with its height. */
  #distances() {
    const { node, list } = this.list;
    const view = node.getBoundingClientRect();
    const near = [];
    const far = [];
    let { top } = list.getBoundingClientRect();
    for (const place of this.#places) {
      const box = place.drawn && place.item.getBoundingClientRect();
      const bottom = box ? box.bottom : top + place.height;
      const away = Math.max(view.top - bottom, (box ? box.top : top) - view.bottom, 0);
      if (!box && away < NEAR) near.push({ place, away });
      if (box && away > FAR && !isHeld(place.item)) far.push({ place, height: box.height });
      top = bottom;
    }
    return { near: near.sort((a, b) => a.away - b.away).map(({ place }) => place), far };
  }
}

/** @param {Place} place @param {number} height */
const empty = (place, height) => {
  const { item } = place;
  Object.assign(place, { height, drawn: false });
  item.replaceChildren();
  item.style.marginTop = "";
  delete item.dataset.stamp;
};

/** @param {HTMLElement} item @param {"marginTop" | "paddingBottom"} what @param {number} px */
const put = ({ style }, what, px) => {
  const value = px ? `${px}px` : "";
  if (style[what] !== value) style[what] = value;
};

/** Whether somebody writes there, has the keyboard, or has chosen words; what has gone keeps its gap, too. @param {HTMLElement} item */
const isHeld = (item) => {
  const chosen = /** @type {any} */ (item.getRootNode()).getSelection?.();
  return item.matches(".gap,:focus-within,:has(>.slot>*)") || (chosen?.type === "Range" && chosen.containsNode(item, true));
};
