// @ts-check
/**
 * The panel's frame: a drawer that makes the article move over, or a modal sheet where both would be too narrow.
 * A drawer never takes more than its width; what an article of a fixed width then has no room for, it covers.
 */

import { h, icon } from "./element.js";
import { say, t } from "./words.js";
import { sheet } from "./style.js";

/** What an article needs beside the drawer to be read, in pixels. */
const READABLE = 480;
/** How often a screen reader is told of news, at most, in milliseconds: ten seconds, and one that timers may be early. */
const HUSH = 10001;

export class Frame {
  #spokenAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #speech;
  #resized = () => this.dialog.open && this.show();

  /** @param {import("./panel.js").Panel} panel @param {Postil.Sort} sort */
  constructor(panel, sort) {
    this.panel = panel;
    const { article, thread } = panel;
    const tool = (/** @type {"up" | "down" | "more" | "close"} */ shape, /** @type {keyof typeof t.tools} */ action, /** @type {() => void} */ onclick) =>
      h("button", { className: "tool", part: "tool", "data-action": action, ariaLabel: t.tools[action], title: t.tools[action], onclick }, icon(shape));
    this.where = h("p", { className: "where", part: "where" });
    this.heading = h("h2", { id: "heading", part: "heading", tabIndex: -1, dir: "auto" });
    this.previous = tool("up", "previous", () => panel.step(-1));
    this.next = tool("down", "next", () => panel.step(1));
    this.more = tool("more", "menu", () => panel.menu());
    this.menu = h("div", { className: "menu", part: "menu", hidden: true });
    this.state = h("span", { className: "live", part: "live" });
    this.around = h("span", { part: "presence" });
    this.pill = h("button", { className: "pill", part: "pill", hidden: true, onclick: () => panel.reveal() });
    this.sort = h("select", { part: "sort", ariaLabel: t.sort }, ...Object.entries(t.sorts).map(([value, text]) => h("option", { value }, text)));
    this.sort.value = sort;
    this.sort.onchange = () => panel.order(/** @type {Postil.Sort} */ (this.sort.value));
    this.order = h("span", { className: "sort" }, this.sort);
    this.bar = h("div", { className: "bar" }, h("span", { className: "about" }, this.state, this.around), this.pill, this.order);
    this.foot = h("div", { className: "foot" });
    this.status = h("div", { className: "unseen", role: "status" });
    this.dialog = h("dialog", { part: "panel", "aria-labelledby": "heading", dir: article.dir, lang: article.lang },
      h("div", { className: "head" }, h("div", { className: "titles" }, this.where, this.heading), this.previous, this.next, this.more, tool("close", "close", () => this.close()), this.menu),
      panel.strip.node, this.bar, thread.list.node, this.foot, this.status);
    this.node = document.createElement("postil-panel");
    this.root = this.node.attachShadow({ mode: "open" });
    this.root.adoptedStyleSheets = [article.tokens, sheet];
    this.root.append(this.dialog);
    this.dialog.onkeydown = (event) => this.#pressed(event);
    this.dialog.oncancel = (event) => (event.preventDefault(), this.close());
    this.dialog.onclick = (event) => this.#outside(event);
    addEventListener("resize", this.#resized);
  }

  /** Show or put away what the menu offers. @param {Node[]} [items] */
  openMenu(items = []) {
    this.menu.replaceChildren(...items);
    this.menu.hidden = !items[0];
    this.more.ariaExpanded = String(!this.menu.hidden);
    this.menu.querySelector("button")?.focus();
  }

  /** @param {string} where @param {string} heading @param {number} [at] the index of the section shown @param {number} [of] how many there are */
  title(where, heading, at = -1, of = 1) {
    this.where.textContent = where;
    this.heading.textContent = heading;
    this.previous.hidden = this.next.hidden = at < 0 || of < 2;
    this.previous.ariaDisabled = String(!at);
    this.next.ariaDisabled = String(at === of - 1);
  }

  /** Open in the shape that the screen asks for, and begin at the heading. */
  show() {
    const { dialog, node } = this;
    // Not in the body, which may be moved or swapped; its type is asked for.
    if (!node.isConnected) document.documentElement.append(node);
    dialog.style.setProperty("--page", getComputedStyle(document.body).fontFamily);
    const width = parseFloat(getComputedStyle(node).getPropertyValue("--postil-width")) || 440;
    const isSheet = innerWidth < width + READABLE;
    const shape = isSheet ? "sheet" : "drawer";
    const same = dialog.open && dialog.dataset.shape === shape;
    if (!same) {
      dialog.close();
      dialog.dataset.shape = shape;
      dialog.ariaModal = String(isSheet);
      if (isSheet) dialog.showModal();
      else dialog.show();
      if (isSheet) this.panel.later(import("./drag.js")).then(({ drag }) => drag(this), () => {});
      this.heading.focus({ preventScroll: true });
    }
    this.#makeRoom(isSheet ? 0 : width);
    return same;
  }

  close() {
    this.openMenu();
    this.dialog.close();
    this.#makeRoom(0);
    this.panel.closed();
  }

  /** It will not be shown again. */
  leave() {
    if (this.dialog.open) this.close();
    removeEventListener("resize", this.#resized);
    clearTimeout(this.#speech);
    this.node.remove();
  }

  /** Move the article over; what is being read stays at its height. @param {number} width */
  #makeRoom(width) {
    const { documentElement: page } = document;
    const { root, dir } = this.panel.article;
    const read = [...root.querySelectorAll("p,li,pre,h1,h2,h3,h4,postil-row")].find((one) => one.getBoundingClientRect().bottom > 0);
    const before = read?.getBoundingClientRect().top ?? 0;
    page.style[getComputedStyle(page).direction === dir ? "paddingInlineEnd" : "paddingInlineStart"] = width ? `${width}px` : "";
    if (read) scrollBy(0, read.getBoundingClientRect().top - before);
    dispatchEvent(new Event("postil-room"));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const { key, target, ctrlKey, metaKey, altKey, defaultPrevented } = event;
    if (defaultPrevented || ctrlKey || metaKey || altKey) return;
    if (key === "Escape") {
      event.preventDefault();
      if (this.menu.hidden) this.close();
      else this.openMenu(), this.more.focus();
    } else if (/^[np?]$/.test(key) && !(/** @type {Element} */ (target).closest("input,textarea,select"))) this.panel.key(key);
  }

  /** @param {MouseEvent} event */
  #outside({ target, clientY }) {
    const { menu, more, dialog } = this;
    if (!menu.hidden && target instanceof Node && target.isConnected && !menu.contains(target) && !more.contains(target)) this.openMenu();
    if (target === dialog && dialog.ariaModal === "true" && clientY < dialog.getBoundingClientRect().top) this.close();
  }

  /** @param {keyof typeof t.live} state */
  live(state) {
    this.state.dataset.state = state;
    this.state.textContent = t.live[state];
    if (state !== "live") this.present();
  }

  /** How many read, and write, in numbers only; a screen reader comes upon it and is not told. @param {number} [reading] @param {number} [writing] */
  present(reading, writing) {
    this.around.textContent = writing ? say(t.replying, { n: writing }) : reading ? say(t.reading, { n: reading }) : "";
  }

  /** Something has arrived, or was revealed. @param {string} text */
  news(text) {
    this.pill.textContent = text;
    this.pill.hidden = !text;
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
