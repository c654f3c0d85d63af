// @ts-check
/**
 * Long threads: what is near is drawn, what is in sight first, a few in a frame. What is far is an empty item, which
 * has no box; the next that has one stands as far below as those are high, or will about be. So style, layout and paint
 * cost the same however long the thread is. Loaded where a thread is long.
 */

/** How long may be drawn for one frame, in milliseconds. */
const SLICE = 2;
/** How near counts as near, in pixels: more than anybody scrolls or tabs in a frame. */
const NEAR = 1200;
/** What is so far away is emptied again: twice as far, so that who scrolls to and fro finds it there. */
const FAR = 2 * NEAR;
/** So many are emptied in a frame. */
const SOME = 10;
/** What stays: where somebody writes or has the keyboard, where more can be asked for, and the gap of what has gone. */
const HELD = ".gap,[data-more],:focus-within,:has(>.slot>*)";
/** What a comment takes without its words, a line of them, and a letter, in pixels; once drawn it is measured. */
const [BARE, LINE, LETTER] = [88, 22.5, 6];

/** @typedef {{item: HTMLElement, height: number, drawn: boolean, away?: number}} Place height: of one that is not drawn; away: how far from what is in sight */

export class Far {
  /** What is drawn, in order. @type {HTMLElement[]} */
  shown = [];
  /** How high empty items are. @type {WeakMap<Element, number>} */
  #heights = new WeakMap();
  /** All items, in order: numbers in a row are walked a hundred times faster than elements. @type {Place[]} */
  #places = [];
  #waits = 0;
  /** How wide the list is: asking for it while there is something to lay out would lay it out. */
  #width = 0;

  /** @param {import("./list.js").List} list */
  constructor(list) {
    const { node } = (this.list = list);
    // Not in the frame that scrolls: it has to be laid out and painted, too.
    node.addEventListener("scroll", () => this.#again(), { passive: true });
    new MutationObserver(() => list.steady(() => this.settle())).observe(list.list, { childList: true });
    new ResizeObserver(() => ((this.#width = node.clientWidth), this.#again())).observe(node);
    this.#width = node.clientWidth;
    this.settle();
  }

  /** An item stays empty: it will be about so high. @param {HTMLElement} item @param {{comment?: {id?: string, html?: string}, parent: string}} row */
  guess(item, { comment: { id, html = "" } = {} }) {
    if (id) item.dataset.comment = id;
    if (!this.#heights.has(item)) this.#heights.set(item, BARE + LINE * Math.ceil((html.length * LETTER) / Math.max(this.#width - 180, 180)));
  }

  /** Take in which items there are, and which are drawn. */
  settle() {
    const items = /** @type {HTMLElement[]} */ ([...this.list.list.children]);
    this.#places = items.map((item) => ({ item, height: this.#heights.get(item) ?? 0, drawn: !!item.firstChild }));
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
    const { near, far } = this.#distances();
    const end = performance.now() + SLICE;
    if (near.length || far.length) list.steady(() => {
      for (const place of far.splice(0, SOME)) this.#empty(place);
      while (near.length && performance.now() < end) {
        const place = /** @type {Place} */ (near.shift());
        list.fill(place.item);
        place.drawn = true;
      }
      this.#set();
    });
    if (near.length || far.length) this.#again();
  }

  /** Look once more, when there is nothing more urgent. */
  #again() {
    this.#waits ||= requestAnimationFrame(() => setTimeout(() => {
      this.#waits = 0;
      this.#look();
    }));
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
      if (!box && away < NEAR) near.push(Object.assign(place, { away }));
      if (box && away > FAR && !place.item.matches(HELD)) far.push(Object.assign(place, { height: box.height }));
      top = bottom;
    }
    return { near: near.sort((a, b) => a.away - b.away), far };
  }

  /** @param {Place} place */
  #empty(place) {
    const { item, height } = place;
    place.drawn = false;
    this.#heights.set(item, height);
    item.replaceChildren();
    put(item, "marginTop", 0);
  }
}

/** @param {HTMLElement} item @param {"marginTop" | "paddingBottom"} what @param {number} px */
const put = ({ style }, what, px) => {
  const value = px ? `${px}px` : "";
  if (style[what] !== value) style[what] = value;
};
