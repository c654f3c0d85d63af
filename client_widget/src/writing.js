// @ts-check
/**
 * What writing takes, loaded when it begins: the name, the toolbar and its keys, the preview, the count, quotations of
 * the article, sending, and what is said when that fails. The composer stands already, and nothing of it moves.
 */

import { Refusal, random } from "./api.js";
import { sending } from "./composer.js";
import { h } from "./element.js";
import { quoted } from "./marks.js";
import { Preview } from "./preview.js";
import { bannedSentence, clock, countDown } from "./refused.js";
import { chosenIn, textOf } from "./selection.js";
import { keep, recall, stored } from "./storage.js";
import { MAC, TOOLS, shortcut, toolbar } from "./toolbar.js";
import { dress, followKeyboard } from "./writing-style.js";
import { pieces, say, t } from "./words.js";

/** @typedef {import("./composer.js").Composer} Composer */

/** As many characters as the service takes, and how near to that they are counted. */
const MOST = 10000;
const NEAR = 500;
/** Of the drafts that are kept: how many, and for how long, in milliseconds. */
const DRAFTS = 50;
const LONG = 30 * 86400000;

let ids = 0;

export class Writing {
  /** Words of the article that the reader has chosen. @type {Range | null} */
  #chosen = null;
  /** What was thrown away, until something else is written. */
  #thrown = "";
  /** Stops the counting down. @type {(() => void) | undefined} */
  #waiting;
  /** Which of the steps towards the end was told aloud. */
  #told = NEAR + 1;
  /** Where the caret was: a choice of words elsewhere takes it away. */
  #caret = 0;

  /** @param {Composer} composer */
  constructor(composer) {
    this.composer = composer;
    const { text, options, under, tools, space, kept, node } = composer;
    const { send, until } = options;
    this.named = !send;
    this.error = h("p", { className: "error", role: "alert", hidden: true, id: `error-${++ids}` });
    this.name = h("input", { className: "name", placeholder: t.writing.name, ariaLabel: t.writing.name, autocomplete: "nickname", maxLength: 60, enterKeyHint: "done", onblur: () => setTimeout(() => this.#named() && !this.name.matches(":focus") && this.#sign(false)) });
    this.name.value = recall("name") ?? "";
    this.who = h("span", { className: "who" });
    this.pick = h("button", { type: "button", className: "text pick", hidden: true, title: shortcut(t.writing.quoteChosen, "⇧."), onclick: () => this.#pick() }, t.writing.quoteChosen);
    // So that what is chosen stays chosen under a finger.
    this.pick.onpointerdown = this.pick.onmousedown = (event) => event.preventDefault();
    this.bar = toolbar((mark) => this.#mark(mark));
    this.preview = new Preview(composer, this.bar, (message) => this.#fail(message, false));
    this.preview.button.onclick = () => this.#flip();
    kept.id = `kept-${ids}`;
    text.enterKeyHint = "enter";
    text.onkeydown = (event) => this.#pressed(event);
    text.onblur = text.onkeyup = text.onclick = () => (this.#caret = text.selectionEnd);
    this.#caret = text.value.length;
    node.onkeydown = (event) => this.#escape(event);
    if (this.named) under.prepend(this.who);
    kept.before(this.pick);
    tools.insertBefore(this.bar, space);
    tools.insertBefore(this.preview.button, space);
    under.before(this.error);
    composer.button.title = shortcut(composer.button.textContent ?? "", MAC ? "↩" : "Enter");
    dress(node);
    followKeyboard(options.panel.frame.dialog);
    this.#sign(!this.#named());
    this.#watch(until);
    tidy();
    this.tell();
  }

  /** What goes on elsewhere, for as long as the composer stands. @param {number} [until] when the editing ends */
  #watch(until) {
    const { composer } = this;
    const stop = new AbortController();
    const { signal } = stop;
    const here = () => composer.node.isConnected || stop.abort();
    document.addEventListener("selectionchange", () => (here(), this.#look()), { signal });
    addEventListener("storage", ({ key }) => (here(), key === `postil:${composer.key}` && this.#elsewhere()), { signal });
    this.#look();
    if (!until) return;
    const watch = setInterval(() => (here(), signal.aborted ? clearInterval(watch) : this.tell()), 1000);
  }

  /** The draft is being written in another tab: the later words win, and this one shows them. */
  #elsewhere() {
    const { composer } = this;
    const { value } = composer.text;
    composer.renew();
    if (composer.text.value !== value) this.composer.kept.textContent = recall(composer.key) ? t.writing.elsewhere : "";
  }

  /** Whether there is a name. */
  #named() {
    return !!this.name.value.trim();
  }

  /** Show who speaks, or ask. @param {boolean} asking */
  #sign(asking) {
    // Without the keyboard in it a composer folds up, and nothing in there could have it.
    const change = () => (this.composer.text.focus(), this.#sign(true), this.name.focus(), this.name.select());
    const name = h("b", {}, h("bdi", {}, this.name.value.trim()));
    const button = h("button", { type: "button", className: "text", onclick: change }, t.writing.change);
    if (this.who.contains(this.name) !== asking || !asking) this.who.replaceChildren(...(asking ? [this.name] : [h("span", {}, ...pieces(t.writing.as, { name })), button]));
  }

  /** @param {import("./marks.js").Mark} mark */
  #mark(mark) {
    if (this.preview.isOpen) return;
    const { value, selectionStart, selectionEnd } = this.composer.text;
    this.#change(mark(value, selectionStart, selectionEnd));
  }

  /** Write as if it were typed: the browser can take it back. @param {import("./marks.js").Change} change */
  #change({ from, to, text: words, start, end }) {
    const { text } = this.composer;
    text.focus();
    text.setSelectionRange(from, to);
    const done = (words || from < to) && document.execCommand(words ? "insertText" : "delete", false, words);
    if (!done) text.setRangeText(words, from, to);
    if (!done) this.composer.changed();
    text.setSelectionRange(start, end);
  }

  /** Put somebody else's words in, where the caret is. @param {string} words */
  quote(words) {
    if (this.preview.isOpen) this.preview.leave();
    const { value } = this.composer.text;
    const at = Math.min(this.#caret, value.length);
    const text = quoted(words, value, at);
    this.#change({ from: at, to: at, text, start: at + text.length, end: at + text.length });
    this.composer.text.scrollTop = this.composer.text.scrollHeight;
  }

  #pick() {
    if (this.#chosen) this.quote(textOf(this.#chosen));
    this.#chosen = null;
    this.#offer();
  }

  /** See what of the section's words is chosen. Who goes on to the composer may still quote it. */
  #look() {
    const { panel } = this.composer.options;
    const chosen = chosenIn(panel);
    if (chosen) this.#chosen = chosen;
    else if (document.activeElement !== panel.frame.node && !panel.frame.dialog.matches(":modal")) this.#chosen = null;
    this.#offer();
  }

  #offer() {
    this.pick.hidden = !this.#chosen || !!this.composer.options.send;
    this.composer.node.toggleAttribute("data-quotes", !this.pick.hidden);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const { key, shiftKey, altKey } = event;
    if (!(event.ctrlKey || event.metaKey) || altKey || event.isComposing) return;
    const tool = TOOLS.find((tool) => !shiftKey && tool.key === key.toUpperCase());
    const isQuote = shiftKey && event.code === "Period";
    if (key === "Enter") this.submit();
    else if (tool) this.#mark(tool.mark);
    else if (isQuote && this.#chosen) this.#pick();
    else if (isQuote) this.#mark(TOOLS[3].mark);
    else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #escape(event) {
    const { done } = this.composer.options;
    if (event.key !== "Escape" || event.isComposing || (!this.preview.isOpen && !done)) return;
    event.stopPropagation();
    event.preventDefault();
    if (this.preview.isOpen) this.preview.leave(true);
    else done?.();
  }

  #flip() {
    const { value } = this.composer.text;
    if (this.preview.isOpen) this.preview.leave(true);
    else if (this.#over(value) > 0) this.#tooLong(value);
    else this.preview.show();
  }

  /** How many characters too many, as the service counts them; below 0 how many are left. @param {string} source */
  #over(source) {
    // One that is two units here is one there.
    return (source.length > MOST - NEAR ? [...source].length : source.length) - MOST;
  }

  /** @param {string} source */
  #tooLong(source) {
    this.#fail(say(t.writing.tooLong, { n: this.#over(source) }));
  }

  /** Say below what there is to say of the draft. */
  tell() {
    const { kept, key, note, text, options } = this.composer;
    const over = this.#over(text.value);
    const { until } = options;
    const left = until && Math.ceil(until - Date.now() / 1000);
    const act = (/** @type {string} */ word, /** @type {() => void} */ onclick) => h("button", { type: "button", className: "text", onclick }, word);
    kept.classList.toggle("over", over > 0);
    if (over >= -NEAR) kept.textContent = over > 0 ? say(t.writing.over, { n: over }) : say(t.writing.left, { n: -over });
    else if (this.#thrown) this.#offered("undo", act(t.writing.undo, () => this.#restore()));
    else if (note) kept.textContent = note;
    else if (left !== undefined) kept.textContent = left > 0 ? say(t.writing.lasts, { time: clock(left) }) : t.writing.ended;
    else if (!recall(key)) kept.textContent = "";
    else this.#offered("discard", h("span", {}, t.draft), act(t.writing.discard, () => this.#discard()));
    // Once at each step, not at each key.
    const step = [0, 100, NEAR].find((most) => -over <= most) ?? NEAR + 1;
    if (step < this.#told) options.panel.frame.say(kept.textContent ?? "");
    this.#told = step;
    if (this.error.hidden) this.#tie(over > 0 ? kept.id : "");
  }

  /** A button that stands there stays the same while it is pressed. @param {string} what @param {...Node} nodes */
  #offered(what, ...nodes) {
    const { kept } = this.composer;
    if (kept.dataset.offers === what && kept.querySelector("button")) return;
    kept.dataset.offers = what;
    kept.replaceChildren(...nodes);
  }

  /** Say what is wrong with the words, to those who do not see it. @param {string} id of what says it */
  #tie(id) {
    const { text } = this.composer;
    text.ariaInvalid = id ? "true" : null;
    if (id) text.setAttribute("aria-describedby", id);
    else text.removeAttribute("aria-describedby");
  }

  #discard() {
    const { text } = this.composer;
    this.#thrown = text.value;
    text.value = this.composer.options.text ?? "";
    const { changed } = this;
    this.changed = () => {};
    this.composer.changed();
    this.changed = changed;
    text.focus();
  }

  #restore() {
    this.composer.text.value = this.#thrown;
    this.composer.changed();
    this.composer.text.focus();
  }

  /** Something was written. */
  changed() {
    this.#caret = this.composer.text.selectionEnd;
    if (this.#thrown) (this.#thrown = ""), this.tell();
    if (!this.#waiting && !this.error.hidden) this.#fail("", false), this.tell();
    if (!this.composer.isEmpty) this.composer.options.panel.writing();
  }

  async submit() {
    const { composer, name } = this;
    const { text, options } = composer;
    const source = text.value;
    if (composer.button.ariaDisabled) return;
    if (!source.trim()) return this.preview.leave(true);
    if (this.#over(source) > 0) return this.#tooLong(source);
    if (this.named && !this.#named()) return this.#fail(t.writing.needName, true, name);
    if (this.named) keep("name", name.value.trim());
    // A repeated post is the same in every byte.
    if (!composer.nonce) composer.took = Math.round((Date.now() - (composer.began || Date.now())) / 1000);
    composer.nonce ||= random(12);
    composer.ready(true);
    composer.node.ariaBusy = "true";
    try {
      const unsent = options.send ? await options.send(source) : await (await sending()).post(composer, name.value.trim());
      this.#sent(source);
      if (unsent) options.panel.frame.say(t.writing.unsentHint);
    } catch (error) {
      composer.ready(false);
      if (!(error instanceof Refusal)) throw error;
      this.#refused(error);
    } finally {
      composer.ready(!!this.#waiting);
      composer.node.ariaBusy = null;
    }
  }

  /** What was typed while it was under way stays. @param {string} source */
  #sent(source) {
    const { composer } = this;
    const { text, options } = composer;
    const { value } = text;
    this.#fail("", false);
    this.#sign(!this.#named());
    this.preview.leave();
    text.value = value.startsWith(source) && !options.send ? value.slice(source.length).trimStart() : value === source ? "" : value;
    composer.began = 0;
    if (options.send) keep(composer.key, null);
    else composer.changed();
    composer.began = 0;
    options.done?.();
  }

  /** Say why it was refused; what may be sent later counts down. @param {Refusal} refusal */
  #refused({ code, field, message, problem }) {
    const { retry_after: after } = problem;
    this.preview.leave();
    this.#fail(code === "banned" && !after ? bannedSentence(message, problem.until) : after ? "" : message, true, field === "name" ? this.name : undefined);
    if (!after) return;
    this.#waiting = countDown(this.error, after, () => ((this.#waiting = undefined), this.composer.ready(false)));
    this.error.hidden = false;
    this.#tie(this.error.id);
  }

  /** Say what is wrong, and go to where that is mended. @param {string} message @param {boolean} [focus] @param {HTMLElement} [field] */
  #fail(message, focus = true, field = this.composer.text) {
    this.#waiting?.();
    this.#waiting = undefined;
    this.error.textContent = message;
    this.error.hidden = !message;
    const aboutName = field === this.name;
    if (aboutName) this.#sign(true);
    this.#tie(message && !aboutName ? this.error.id : "");
    this.name.ariaInvalid = aboutName ? "true" : null;
    if (aboutName) this.name.setAttribute("aria-describedby", this.error.id);
    if (message && focus) field.focus();
  }
}

/** Of the drafts the ones that were left longest ago go, so that they stay few. */
const tidy = () => {
  const drafts = stored("draft:").map((key) => ({ key, at: recall(key)?.at ?? Date.now() })).sort((a, b) => b.at - a.at);
  for (const [index, { key, at }] of drafts.entries()) if (index >= DRAFTS || at < Date.now() - LONG) keep(key, null);
};
