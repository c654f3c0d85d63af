// @ts-check
/** The panel's frame: a drawer that moves the article over where there is room, or a modal sheet on a narrow screen. */

import { h, icon } from "./element.js";
import { t } from "./words.js";
import { sheet } from "./style.js";

const NARROW = matchMedia("(max-width: 719px)");
const WIDTH = 440;
/** How often a screen reader is told of news, at most, in milliseconds. */
const HUSH = 10000;

/**
 * @typedef {object} Handlers
 * @property {(by: number) => void} step
 * @property {() => void} closed
 * @property {() => void} reveal
 * @property {(sort: Postil.Sort) => void} sort
 * @property {() => Node[]} menu what the menu offers now
 */

export class Frame {
  #spokenAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #speech;

  /** @param {CSSStyleSheet} tokens @param {Postil.Sort} sort @param {Node} strip @param {Node} list @param {Handlers} handlers */
  constructor(tokens, sort, strip, list, handlers) {
    this.handlers = handlers;
    this.where = h("p", { className: "where" });
    this.heading = h("h2", { id: "heading", part: "heading", tabIndex: -1, dir: "auto" });
    this.status = h("div", { className: "unseen", role: "status" });
    this.state = h("span", { className: "live" });
    this.pill = h("button", { className: "pill", part: "pill", hidden: true, onclick: handlers.reveal });
    this.menu = h("div", { className: "menu", hidden: true });
    this.foot = h("div", { className: "foot" });
    this.dialog = h("dialog", { part: "panel", "aria-labelledby": "heading" },
      this.#grip(), this.#head(), strip, this.#bar(sort), list, this.foot, this.status);
    this.#mount(tokens);
  }

  /** @param {CSSStyleSheet} tokens */
  #mount(tokens) {
    this.node = document.createElement("postil-panel");
    const root = this.node.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [tokens, sheet];
    root.append(this.dialog);
    document.body.append(this.node);
    this.dialog.addEventListener("keydown", (event) => this.#escape(event));
    this.dialog.addEventListener("cancel", (event) => (event.preventDefault(), this.close()));
    this.dialog.addEventListener("click", (event) => this.#outside(event));
    NARROW.addEventListener("change", () => this.dialog.open && this.show());
    addEventListener("resize", () => this.dialog.open && this.#makeRoom(true));
  }

  #head() {
    const { step } = this.handlers;
    const tool = (/** @type {"up" | "down" | "more" | "close"} */ shape, /** @type {string} */ action, /** @type {() => void} */ act) => {
      const label = t.tools[/** @type {keyof typeof t.tools} */ (action)];
      return h("button", { className: "tool", "data-action": action, ariaLabel: label, title: label, onclick: act }, icon(shape));
    };
    this.previous = tool("up", "previous", () => step(-1));
    this.next = tool("down", "next", () => step(1));
    this.more = tool("more", "menu", () => this.openMenu(!!this.menu.hidden));
    return h("div", { className: "head" }, h("div", { className: "titles" }, this.where, this.heading),
      this.previous, this.next, this.more, tool("close", "close", () => this.close()), this.menu);
  }

  /** @param {Postil.Sort} chosen */
  #bar(chosen) {
    const options = Object.entries(t.sorts).map(([value, text]) => h("option", { value }, text));
    const sort = h("select", { part: "sort", ariaLabel: t.sort }, ...options);
    sort.value = chosen;
    sort.onchange = () => this.handlers.sort(/** @type {Postil.Sort} */ (sort.value));
    return h("div", { className: "bar" }, this.state, this.pill, h("span", { className: "sort" }, sort));
  }

  /** Pulled down it closes the sheet; the button does the same. */
  #grip() {
    let from = 0;
    const grip = h("div", { className: "grip" });
    grip.onpointerdown = ({ clientY, pointerId }) => (grip.setPointerCapture(pointerId), (from = clientY));
    grip.onpointermove = ({ clientY }) => {
      if (from) this.dialog.style.translate = `0 ${Math.max(0, clientY - from)}px`;
    };
    grip.onpointerup = grip.onpointercancel = ({ clientY }) => {
      if (from && clientY - from > 96) this.close();
      from = 0;
      this.dialog.style.translate = "";
    };
    return grip;
  }

  /** @param {boolean} open */
  openMenu(open) {
    this.menu.replaceChildren(...(open ? this.handlers.menu() : []));
    this.menu.hidden = !open;
    this.more?.setAttribute("aria-expanded", String(open));
    if (open) this.menu.querySelector("button")?.focus();
  }

  /** @param {string} where @param {string} heading @param {number} [at] the index of the section shown @param {number} [of] how many there are */
  title(where, heading, at = 0, of = 1) {
    this.where.textContent = where;
    this.heading.textContent = heading;
    for (const [button, end] of /** @type {[HTMLElement | undefined, number][]} */ ([[this.previous, 0], [this.next, of - 1]])) {
      if (!button) continue;
      button.hidden = of < 2;
      button.ariaDisabled = String(at === end);
    }
  }

  /** Open in the shape that the screen asks for, and begin at the heading. */
  show() {
    const shape = NARROW.matches ? "sheet" : "drawer";
    if (this.dialog.open && this.dialog.dataset.shape === shape) return this.say(this.heading.textContent ?? "");
    this.dialog.close();
    this.dialog.dataset.shape = shape;
    this.dialog.ariaModal = String(NARROW.matches);
    if (NARROW.matches) this.dialog.showModal();
    else this.dialog.show();
    this.#makeRoom(true);
    this.heading.focus({ preventScroll: true });
  }

  close() {
    this.openMenu(false);
    this.dialog.close();
    this.#makeRoom(false);
    this.handlers.closed();
  }

  /** Move the article over where it fits beside the drawer; what is being read stays at its height. @param {boolean} open */
  #makeRoom(open) {
    const { documentElement: page } = document;
    const row = document.querySelector("postil-row");
    const before = row?.getBoundingClientRect().top ?? 0;
    page.style.paddingInlineEnd = "";
    const fits = !NARROW.matches && (row?.clientWidth ?? 0) + 64 <= innerWidth - WIDTH;
    page.style.paddingInlineEnd = open && fits ? `${WIDTH}px` : "";
    if (row) scrollBy(0, row.getBoundingClientRect().top - before);
    dispatchEvent(new Event("postil-room"));
  }

  /** @param {KeyboardEvent} event */
  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    if (this.menu.hidden) this.close();
    else this.openMenu(false), this.more?.focus();
  }

  /** @param {MouseEvent} event */
  #outside({ target, clientY }) {
    const within = target instanceof Node && (this.menu.contains(target) || this.more?.contains(target));
    if (!within && !this.menu.hidden) this.openMenu(false);
    if (target === this.dialog && NARROW.matches && clientY < this.dialog.getBoundingClientRect().top) this.close();
  }

  /** @param {keyof typeof t.live} state */
  live(state) {
    this.state.dataset.state = state;
    this.state.textContent = t.live[state];
  }

  /** Tell a screen reader; the latest wins while it has to wait. @param {string} text */
  say(text) {
    clearTimeout(this.#speech);
    const speak = () => {
      this.#spokenAt = Date.now();
      this.status.textContent = text;
    };
    this.#speech = setTimeout(speak, Math.max(0, this.#spokenAt + HUSH - Date.now()));
  }
}
