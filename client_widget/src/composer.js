// @ts-check
/**
 * Where a reader writes. The words are kept in this browser, at every key, until the service has them.
 * What a writer needs is loaded when he begins: writing.js; what was not sent is in outbox.js.
 */

import { h } from "./element.js";
import { keep, recall, stored } from "./storage.js";
import { more, say, t } from "./words.js";

/**
 * @typedef {object} Options
 * @property {import("./panel.js").Panel} panel
 * @property {string} label
 * @property {string} draft names the draft in this browser
 * @property {string} [parent] the comment that is answered
 * @property {string} [to] whose that is
 * @property {string} [text] what is edited
 * @property {number} [until] when that ends, in epoch seconds
 * @property {string} [submit] the button's word
 * @property {(source: string) => Promise<void>} [send] where it is no new comment; then no name is asked for
 * @property {() => void} [done] takes it away: when it was sent, or not now
 */

/** Where words of the article may be quoted before anything is written: the composer at the panel's foot. @type {Composer | undefined} */
let foot;

export class Composer {
  /** When the writing began, in milliseconds; 0: not yet. */
  began = 0;
  /** Whether something stands in the way of sending, for now. @type {boolean} */
  busy = false;
  /** Why the section takes nothing, else "". */
  shut = "";
  /** What is said where the draft is told of. @type {string | 0} */
  note = "";
  /** The same words go with the same nonce, also after a reload. */
  nonce = "";
  took = 0;
  /** What the draft was when it was last read or kept. */
  #known = "";
  /** The rest of it, once it is here. @type {import("./writing.js").Writing | undefined} */
  writing;
  /** @type {Promise<import("./writing.js").Writing> | undefined} */
  #rest;

  /** @param {Options} options */
  constructor(options) {
    const { label, submit, done } = (this.options = options);
    this.key = `draft:${options.draft}`;
    this.text = h("textarea", { rows: 1, part: "input", dir: "auto", ariaLabel: label, placeholder: label, oninput: () => this.changed() });
    // Nobody sees, reaches or hears it; what fills in all fields that there are, fills it in.
    this.trap = h("input", { name: "website", tabIndex: -1, autocomplete: "off", ariaHidden: "true" });
    this.button = h("button", { className: "primary", part: "post" }, submit ?? t.post);
    this.space = h("span", { className: "space" });
    this.tools = h("div", { className: "tools" }, this.space, this.button);
    this.kept = h("span", { className: "kept" });
    this.under = h("div", { className: "under" }, h("span", { className: "space" }), this.kept,
      done && h("button", { type: "button", className: "quiet", onclick: done }, t.cancel));
    const onsubmit = (/** @type {Event} */ event) => (event.preventDefault(), this.submit());
    const onfocusin = () => (this.renew(), this.equip().catch(() => {}));
    this.node = h("form", { part: "composer", className: "composer", noValidate: true, onsubmit, onfocusin },
      h("div", { className: "trap", ariaHidden: "true" }, this.trap), h("div", { className: "box" }, this.text, this.tools), this.under);
    this.text.value = this.#known = options.text ?? "";
    this.renew();
    this.pace("", 0);
    if (!options.done) foot = this;
    look();
  }

  /** Show the draft as it is now, unless what stands here is newer: another tab may have gone on with it, or sent it. */
  renew() {
    if (this.text.value !== this.#known) return;
    const { text = this.options.text ?? "", nonce = "", took = 0 } = recall(this.key) ?? {};
    Object.assign(this, { nonce, took });
    if (text !== this.#known) this.text.value = this.#known = text;
    if (text !== (this.options.text ?? "")) this.began ||= Date.now(), this.equip().catch(() => {});
    this.tell();
  }

  /** What writing takes, and what keeps words that cannot be sent: here before the network is gone. @returns {Promise<import("./writing.js").Writing>} */
  equip() {
    return (this.#rest ??= Promise.all([more(import("./writing.js")), sending()]).then(
      ([{ Writing }]) => (this.writing = new Writing(this)),
      (error) => {
        this.#rest = undefined;
        throw error;
      },
    ));
  }

  /** Whether there are words that would be missed. */
  get isEmpty() {
    return !this.text.value.trim();
  }

  /** What the field is for. @param {string} text */
  label(text) {
    this.options.label = this.text.ariaLabel = text;
    this.text.placeholder = this.text.ariaDescription || text;
  }

  /** Say how the section goes now, where nothing moves for it. @param {string} shut why it takes nothing, else "" @param {number} slow minutes from one comment to the next, or 0 */
  pace(shut, slow) {
    const every = slow ? say(t.slow, { n: slow }) : "";
    this.note = shut || (slow && say(t.pace, { n: slow }));
    this.shut = shut;
    this.text.ariaDescription = shut || every || null;
    this.text.placeholder = every || this.options.label;
    this.ready();
    this.tell();
  }

  /** @param {boolean} [busy] */
  ready(busy = this.busy) {
    this.busy = busy;
    this.button.ariaDisabled = busy || this.shut ? "true" : null;
  }

  tell() {
    if (this.writing) this.writing.tell();
    else this.kept.textContent = this.note || (recall(this.key) ? t.draft : "");
  }

  changed() {
    const { value } = this.text;
    const { text = "", to } = this.options;
    this.nonce = "";
    this.began ||= Date.now();
    // Who empties an edit has begun one, too.
    if (keep(this.key, value !== text && (text || value.trim()) ? { text: value, to, at: Date.now() } : null)) this.#known = value;
    this.tell();
    this.writing?.changed();
  }

  async submit() {
    const writing = await this.equip().catch(() => (this.kept.textContent = t.problems.network));
    if (typeof writing !== "string") writing.submit();
  }
}

/** Who has chosen words of the article may want to quote them. */
const look = () => void (getSelection()?.isCollapsed === false && foot?.equip().catch(() => {}));
document.addEventListener("selectionchange", look);

/** @type {Promise<typeof import("./outbox.js")> | undefined} */
let outbox;

/** What keeps words that are to be sent. */
export const sending = () =>
  (outbox ??= more(import("./outbox.js")).catch((error) => {
    outbox = undefined;
    throw error;
  }));

/** What was not sent, and drafts of replies, above the composer; loaded where there is any. @param {import("./panel.js").Panel} panel */
export const shelve = async (panel) => {
  if (outbox || stored("unsent:")[0] || stored("draft:")[0]) (await sending()).draw(panel);
};

/** The way to the service is open again. */
export const resend = () => outbox?.then(({ flush }) => flush());
