// @ts-check
/** How a comment will look: what the service's own renderer makes of its words, in the place of the field. */

import { Refusal } from "./api.js";
import { h } from "./element.js";
import { enter } from "./html.js";
import { t } from "./words.js";

export class Preview {
  /**
   * @param {import("./composer.js").Composer} composer @param {HTMLElement} bar what is of no use meanwhile
   * @param {(message: string) => void} fail says why there is none, or with "" that there is one
   */
  constructor(composer, bar, fail) {
    this.composer = composer;
    this.bar = bar;
    this.fail = fail;
    this.button = h("button", { type: "button", className: "quiet flip", part: "preview" }, t.writing.preview);
    this.page = h("div", { className: "body preview", part: "body", dir: "auto", hidden: true, tabIndex: 0, role: "region", ariaLabel: t.writing.preview });
    composer.text.after(this.page);
  }

  get isOpen() {
    return !this.page.hidden;
  }

  async show() {
    const { text, options } = this.composer;
    const source = text.value;
    if (!source.trim()) return text.focus();
    if (this.button.ariaBusy) return;
    this.button.ariaBusy = "true";
    const { url } = options.panel.article.ref;
    try {
      const { html } = await options.panel.api.write("POST", "preview", { source, page: { url } });
      if (text.value === source) this.#draw(html);
      this.fail("");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.fail(error.message);
    } finally {
      this.button.ariaBusy = null;
    }
  }

  /** As high as the field is, so that nothing below it moves. @param {string} html */
  #draw(html) {
    const { text, options } = this.composer;
    this.page.style.minHeight = `${text.offsetHeight}px`;
    enter(this.page, html);
    this.page.hidden = false;
    text.hidden = this.bar.inert = true;
    this.button.textContent = t.writing.write;
    options.panel.frame.say(t.writing.previewed);
  }

  /** Go on writing. @param {boolean} [focus] whether the keyboard is wanted there */
  leave(focus) {
    const { text } = this.composer;
    this.page.hidden = true;
    this.page.replaceChildren();
    text.hidden = this.bar.inert = false;
    this.button.textContent = t.writing.preview;
    if (focus) text.focus();
  }
}
