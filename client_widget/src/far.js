// @ts-check
/**
 * Long threads: what is far out of sight is not laid out, and keeps its height. Items go in runs, of which the browser
 * looks at the first and the last alone: watching each item in each frame (`content-visibility: auto`) costs more than
 * it saves. Loaded where a thread is long.
 */

/** Items that come and go together. */
const RUN = 25;
/** How near counts as near, in pixels: more than anybody scrolls or tabs in a frame. */
const NEAR = 4000;

/** @typedef {{items: HTMLElement[], first: number, last: number}} Run where its ends are: -1 above, 0 near, 1 below */

export class Far {
  /** @type {Map<Element, Run[]>} */
  #ends = new Map();
  /** How many items there were when they were last put into runs. */
  #count = 0;

  /** @param {import("./list.js").List} list */
  constructor(list) {
    this.list = list;
    const look = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      const runs = new Set(entries.flatMap((entry) => this.#moved(entry)));
      list.steady(() => runs.forEach(show));
    };
    this.sight = new IntersectionObserver(look, { root: list.node, rootMargin: `${NEAR}px 0px` });
  }

  /** Take in that there are more or fewer items: put them into runs anew once it makes a difference. */
  count() {
    const items = /** @type {HTMLElement[]} */ ([...this.list.list.children]);
    if (Math.abs(items.length - this.#count) < RUN) return;
    this.clear();
    this.#count = items.length;
    for (let at = 0; at < items.length; at += RUN) {
      const run = { items: items.slice(at, at + RUN), first: 0, last: 0 };
      for (const end of new Set([run.items[0], run.items[run.items.length - 1]])) {
        this.#ends.set(end, [...(this.#ends.get(end) ?? []), run]);
        this.sight.observe(end);
      }
    }
  }

  clear() {
    this.sight.disconnect();
    this.#ends.clear();
    this.#count = 0;
  }

  /** @param {IntersectionObserverEntry} entry @returns {Run[]} what it is an end of */
  #moved({ target, isIntersecting, boundingClientRect, rootBounds }) {
    const runs = this.#ends.get(target) ?? [];
    const at = isIntersecting || !rootBounds ? 0 : boundingClientRect.top < rootBounds.top ? -1 : 1;
    for (const run of runs) {
      if (target === run.items[0]) run.first = at;
      if (target === run.items[run.items.length - 1]) run.last = at;
    }
    return runs;
  }
}

/** Lay a run out, or put it away where both of its ends are far on the same side. @param {Run} run */
const show = ({ items, first, last }) => {
  const away = first === last && !!first;
  const turned = items.filter((item) => (item.style.contentVisibility === "hidden") !== away && !item.querySelector("form"));
  const heights = away ? turned.map((item) => item.offsetHeight) : [];
  for (const [at, { style }] of turned.entries()) {
    style.contentVisibility = away ? "hidden" : "";
    style.containIntrinsicHeight = away ? `${heights[at]}px` : "";
  }
};
