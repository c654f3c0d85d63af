// @ts-check
/**
 * Keeps what is in sight where it is while something in sight changes by itself. What gets shorter keeps its height,
 * what gets longer shows the rest when it is asked to, what goes leaves a gap; out of sight all of that is let go.
 * Loaded at the first change of something that is on show, be it the time.
 */

import { whenOf } from "./comment.js";
import { h } from "./element.js";
import { t } from "./words.js";

/** What the reader has just touched may change as it likes, for so many milliseconds. */
const HAND = 500;

export class Calm {
  /** What was let grow no further or shrink no further, and what lets it. @type {Map<Element, () => void>} */
  #kept = new Map();
  /** @type {WeakMap<Element, number>} */
  #hands = new WeakMap();

  /** @param {import("./list.js").List} list */
  constructor(list) {
    this.list = list;
    const hand = (/** @type {Event} */ { target }) => {
      const item = target instanceof Element && target.closest("li");
      if (item) this.#hands.set(item, Date.now());
    };
    for (const type of ["pointerdown", "keydown"]) list.list.addEventListener(type, hand, { passive: true });
    const left = (/** @type {IntersectionObserverEntry[]} */ entries) => this.#release(entries.filter(({ isIntersecting }) => !isIntersecting).map(({ target }) => target));
    this.sight = new IntersectionObserver(left, { root: list.node });
    let width = list.node.clientWidth;
    // Heights of another width say nothing.
    new ResizeObserver(() => width !== (width = list.node.clientWidth) && this.#release([...this.#kept.keys()])).observe(list.node);
  }

  /** Let the times in sight tell how long ago it is now. */
  tick() {
    for (const { dataset: { comment = "" }, firstElementChild: article } of this.list.inSight()) {
      const { at = 0, edited } = this.list.store.get(comment) ?? {};
      const time = article?.querySelector("time");
      if (time) time.textContent = whenOf(at, !!edited);
    }
  }

  /** @param {Element[]} items */
  #release(items) {
    const kept = items.filter((item) => this.#kept.has(item));
    if (!kept.length) return;
    this.list.steady(() => {
      for (const item of kept) {
        this.#kept.get(item)?.();
        this.#kept.delete(item);
        this.sight.unobserve(item);
      }
    });
  }

  /** @param {Element} item @param {() => void} release */
  #keep(item, release) {
    this.#kept.set(item, release);
    this.sight.observe(item);
  }

  /** Whether the reader sees it, and did not touch it just now. @param {HTMLElement} item */
  #isInSight(item) {
    const { top, bottom, height } = item.getBoundingClientRect();
    const view = this.list.node.getBoundingClientRect();
    return height > 0 && bottom > view.top && top < view.bottom && Date.now() - (this.#hands.get(item) ?? 0) > HAND;
  }

  /**
   * A comment is about to be drawn anew.
   * @param {HTMLElement} item @param {HTMLElement} old
   * @returns {((drawn: HTMLElement) => void) | undefined} to be called once the new drawing stands there
   */
  change(item, old) {
    if (!this.#isInSight(item)) return;
    const { offsetHeight: height } = item;
    const was = stateOf(old);
    return (drawn) => {
      stateOf(drawn)?.classList.toggle("late", !was || was.classList.contains("late"));
      // A tombstone has a margin beside its height.
      const less = height - item.offsetHeight;
      if (!less) return;
      if (less > 0) drawn.style.minHeight = `${drawn.offsetHeight + less}px`;
      else this.#cut(item, drawn, drawn.offsetHeight + less);
      this.#keep(item, () => whole(item));
    };
  }

  /** @param {HTMLElement} item @param {HTMLElement} drawn @param {number} height */
  #cut(item, drawn, height) {
    drawn.style.maxHeight = `${height}px`;
    drawn.classList.add("cut");
    drawn.append(h("button", { className: "rest", onclick: () => this.#release([item]) }, t.calm.rest));
  }

  /** An item is about to be taken away. @param {HTMLElement} item */
  left(item) {
    if (!this.#isInSight(item)) return;
    const gap = h("li", { className: "gap" }, h("p", {}, t.tombs.gone));
    gap.dataset.depth = item.dataset.depth;
    gap.style.cssText = `--depth:${item.style.getPropertyValue("--depth")};height:${item.offsetHeight}px`;
    item.before(gap);
    this.#keep(gap, () => gap.remove());
  }
}

/** Of what its author is told about a comment. @param {HTMLElement} article @returns {HTMLElement | null} */
const stateOf = (article) => article.querySelector(":scope>.own");

/** @param {Element} item */
const whole = (item) => {
  const article = /** @type {HTMLElement} */ (item.firstElementChild);
  article.style.minHeight = article.style.maxHeight = "";
  article.classList.remove("cut");
  article.querySelector(".rest")?.remove();
};
