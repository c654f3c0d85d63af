// @ts-check
/** Where a reader writes. The words are kept in this browser until the service has them. */

import { random, Refusal } from "./api.js";
import { h, icon } from "./element.js";
import { keep, recall } from "./storage.js";
import { more, pieces, say, t } from "./words.js";

/**
 * @typedef {{source: string, name: string, nonce: string, trap?: string, took: number}} Words
 * `took`: whole seconds that the writing took; `trap`: what a program wrote where people see no field
 *
 * @typedef {object} Options
 * @property {string} label
 * @property {string} draft names the draft in this browser
 * @property {string} [text] what is edited
 * @property {string} [submit] the button's word
 * @property {boolean} [named] false: no name is asked for
 * @property {(words: Words) => Promise<void>} send
 * @property {() => void} [typing] told at each key
 * @property {() => void} [cancel]
 */

export class Composer {
  /** When the writing began, in milliseconds; 0: not yet. */
  #began = 0;
  /** Why nothing can be sent now, else "". */
  #shut = "";
  /** Stops the counting down. @type {(() => void) | undefined} */
  #waiting;

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    const draft = recall(this.#key) ?? {};
    /** The same words go with the same nonce, also after a reload. @type {string} */
    this.nonce = draft.nonce ?? "";
    this.took = draft.took ?? 0;
    if (draft.text) this.#begin();
    this.text = h("textarea", {
      rows: 1,
      part: "input",
      dir: "auto",
      value: draft.text ?? options.text ?? "",
      placeholder: options.label,
      ariaLabel: options.label,
      onfocus: () => this.#begin(),
      oninput: () => this.#changed(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
    });
    this.error = h("p", { className: "error", role: "alert", hidden: true });
    this.kept = h("span", { className: "kept" });
    this.name = h("input", { className: "name", placeholder: t.name, ariaLabel: t.name, autocomplete: "nickname", maxLength: 60 });
    this.name.value = recall("name") ?? "";
    // Nobody sees, reaches or hears it; what fills in all fields that there are, fills it in.
    this.trap = h("input", { name: "website", tabIndex: -1, autocomplete: "off", ariaHidden: "true" });
    this.who = h("span", { className: "who" });
    this.button = h("button", { className: "primary", part: "post", type: "submit" }, options.submit ?? t.post);
    this.node = this.#form();
    this.#sign(!this.name.value);
    this.pace("", 0);
  }

  get #key() {
    return `draft:${this.options.draft}`;
  }

  /** Whether there are words that would be missed. */
  get isEmpty() {
    return !this.text.value.trim();
  }

  #form() {
    const { cancel } = this.options;
    const tools = h("div", { className: "tools" },
      this.#tool("bold", "**", "**"), this.#tool("link", "[", "](https://)"), this.#tool("quote", "> ", ""),
      h("span", { className: "space" }),
      cancel && h("button", { type: "button", className: "quiet", onclick: cancel }, t.cancel),
      this.button);
    const submit = (/** @type {Event} */ event) => (event.preventDefault(), this.submit());
    return h("form", { part: "composer", className: "composer", noValidate: true, onsubmit: submit },
      h("div", { className: "trap", ariaHidden: "true" }, this.trap),
      h("div", { className: "box" }, this.text, tools), this.error,
      h("div", { className: "under" }, this.options.named !== false && this.who, h("span", { className: "space" }), this.kept));
  }

  /** @param {"bold" | "link" | "quote"} name @param {string} before @param {string} after */
  #tool(name, before, after) {
    const wrap = () => {
      const { selectionStart: start, selectionEnd: end, value } = this.text;
      const chosen = value.slice(start, end);
      this.text.setRangeText(before + chosen + after, start, end, "end");
      if (!chosen) this.text.selectionEnd = this.text.selectionStart = start + before.length;
      this.text.focus();
      this.#changed();
    };
    return h("button", { type: "button", className: "tool", title: t[name], ariaLabel: t[name], onclick: wrap }, icon(name));
  }

  /** Show who speaks, or ask. @param {boolean} asking */
  #sign(asking) {
    const change = () => (this.#sign(true), this.name.focus());
    const name = h("b", {}, h("bdi", {}, this.name.value));
    const button = h("button", { type: "button", className: "text", onclick: change }, t.change);
    this.who.replaceChildren(...(asking ? [this.name] : [...pieces(t.as, { name }), " · ", button]));
  }

  #begin() {
    this.#began ||= Date.now();
  }

  /** What the field is for. @param {string} text */
  label(text) {
    this.options.label = this.text.ariaLabel = text;
    this.text.placeholder = this.slow || text;
  }

  /** Say how the section goes now, where nothing moves for it. @param {string} shut why it takes nothing, else "" @param {number} slow minutes from one comment to the next, or 0 */
  pace(shut, slow) {
    this.note = shut || (slow && say(t.pace, { n: slow }));
    this.slow = slow && say(t.slow, { n: slow });
    this.#shut = shut;
    this.text.placeholder = this.slow || this.options.label;
    this.text.ariaDescription = shut || this.slow || null;
    this.#busy(false);
    this.#tellKept();
  }

  #tellKept() {
    this.kept.textContent = this.note || (recall(this.#key) ? t.draft : "");
  }

  #changed() {
    const text = this.text.value;
    this.options.typing?.();
    this.nonce = "";
    this.#begin();
    keep(this.#key, text.trim() && text !== this.options.text ? { text } : null);
    this.#tellKept();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit();
    if (event.key !== "Escape" || !this.options.cancel) return;
    event.stopPropagation();
    event.preventDefault();
    this.options.cancel();
  }

  async submit() {
    const source = this.text.value;
    const name = this.name.value.trim();
    if (!source.trim()) return this.text.focus();
    if (!name && this.options.named !== false) return this.#fail(t.needName, true);
    if (this.button.ariaDisabled) return;
    // A repeated post is the same in every byte.
    if (!this.nonce) this.took = Math.round((Date.now() - (this.#began || Date.now())) / 1000);
    this.nonce ||= random(12);
    const { nonce, took } = this;
    keep(this.#key, { text: source, nonce, took });
    this.#busy(true);
    try {
      await this.options.send({ source, name, nonce, took, trap: this.trap.value || undefined });
      this.#sent(source, name);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.#refused(error);
    } finally {
      this.#busy(false);
    }
  }

  /** @param {string} source @param {string} name */
  #sent(source, name) {
    keep("name", name || recall("name"));
    this.#fail("");
    this.#sign(!name);
    this.#began = 0;
    // What was typed while the post was under way stays.
    if (this.text.value !== source) return this.#changed();
    this.text.value = "";
    this.#changed();
    this.#began = 0;
  }

  /** Say why it was refused; what may be sent later counts down. @param {Refusal} refusal */
  async #refused({ code, field, message, problem }) {
    const { retry_after: after } = problem;
    if (!after && code !== "banned") return this.#fail(message, field === "name");
    const { bannedSentence, countDown } = await more(import("./refused.js"));
    this.#fail(after ? "" : bannedSentence(problem));
    if (!after) return;
    this.#waiting = countDown(this.error, after, () => ((this.#waiting = undefined), this.#busy(false)));
    this.error.hidden = false;
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.button.ariaDisabled = busy || this.#waiting || this.#shut ? "true" : null;
    this.node.ariaBusy = busy ? "true" : null;
  }

  /** @param {string} message @param {boolean} [aboutName] */
  #fail(message, aboutName) {
    this.#waiting?.();
    this.#waiting = undefined;
    this.#busy(false);
    this.error.textContent = message;
    this.error.hidden = !message;
    if (aboutName) this.#sign(true);
    if (message) (aboutName ? this.name : this.text).focus();
  }
}
