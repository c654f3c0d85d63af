// @ts-check
/**
 * What a moderator sees and does in the article. Loaded for moderators alone; readers' modules know it by Panel.desk.
 * Hooks beside the panel's: parts chip, desk (the edit that waits, the appeal), done; in [data-action] approve hide
 * restore refuse ban undo dismiss, and those of the section's state: open slow closed locked.
 */

import { Refusal } from "./api.js";
import { act, bodyOf } from "./comment.js";
import { banForm, whyForm } from "./desk-forms.js";
import { say, t } from "./words.js";
import { deskSheet } from "./desk-style.js";
import { h, icon } from "./element.js";
import { stop } from "./moderate.js";

/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {"open" | "slow" | "closed" | "locked"} State */

/** How many minutes a slow section may ask for, to choose from. */
const PACES = [1, 2, 5, 10, 30, 60];
/** How long it is said that something was undone, in milliseconds. */
const BRIEFLY = 5000;

export class Desk {
  /** The site's reasons, asked for once. @type {Promise<string[]> | null} */
  #reasons = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #gone;

  /** @param {Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.done = h("div", { className: "dones" });
    const { foot, node } = panel.frame;
    foot.before(this.done);
    node?.shadowRoot?.adoptedStyleSheets.push(deskSheet);
    /** @type {Record<string, (thread: Thread, item: HTMLElement) => Promise<void>>} */
    this.verbs = {
      approve: (_, item) => this.#decide(item, "approve"),
      restore: (_, item) => this.#decide(item, "restore"),
      refuse: (_, item) => this.#decide(item, "refuse"),
      hide: (_, item) => this.#hide(item),
      ban: (_, item) => this.#ban(item),
    };
  }

  /** What stands below a comment's text: why it waits, what its author asks, the edit that waits. @param {Postil.Comment} comment */
  notes({ state, reason, flags = 0, why = [], held, appeal }) {
    // What brought it to the moderators is of no interest once they have answered.
    const says = state === "pending" || held || flags || appeal ? why.map((one) => one.says) : [];
    if (state === "pending" && !says.length) says.push(t.desk.waits);
    if (state === "hidden") says.unshift(reason ? say(t.desk.hiddenFor, { reason }) : t.desk.hidden);
    if (flags && !why.some(({ kind }) => kind === "flags")) says.push(say(t.desk.flags, { n: flags }));
    const edit = held && h("div", { className: "waits", part: "desk" }, h("p", { className: "label" }, t.desk.held), bodyOf(held.html));
    return [
      !!says.length && h("ul", { className: "chips", role: "list" }, ...says.map((text) => h("li", { className: "chip", part: "chip", dir: "auto" }, text))),
      !!appeal && h("blockquote", { className: "ask", part: "desk", dir: "auto" }, h("b", {}, t.desk.appeal), appeal),
      edit,
    ];
  }

  /** Above the text, where two stand there. @param {Postil.Comment} comment */
  labels({ held }) {
    return [held && h("p", { className: "label" }, t.desk.readersSee)];
  }

  /** What is done most. @param {Postil.Comment} comment */
  actions({ state = "published", flags, held, appeal }) {
    if (state === "hidden") return [act("restore", t.desk.restore), !!appeal && act("hide", t.desk.keepHidden)];
    const asked = state === "pending" || held || flags;
    const approve = held ? t.desk.approveEdit : state === "pending" ? t.desk.approve : t.desk.keep;
    return [!!asked && act("approve", approve), held && act("refuse", t.desk.refuse), act("hide", t.desk.hide)];
  }

  /** What is done seldom. @param {Postil.Comment} comment */
  extras({ id }) {
    return [act("ban", t.desk.ban), h("a", { className: "act", href: this.#queue(id), target: "_blank", rel: "noopener" }, t.desk.queue)];
  }

  /** @param {string} [item] */
  #queue(item) {
    return `${this.panel.api.service}moderate${item ? `?view=all&item=${item}` : ""}`;
  }

  /** @param {HTMLElement} item @returns {Postil.Comment} */
  #comment(item) {
    return /** @type {Postil.Comment} */ (this.panel.thread.store.get(item.dataset.comment ?? ""));
  }

  async reasons() {
    this.#reasons ??= this.panel.api.get("reasons").then(({ reasons }) => reasons);
    return this.#reasons.catch((error) => ((this.#reasons = null), Promise.reject(error)));
  }

  /**
   * Decide about the text that was seen; where it is another by now, show that one first.
   * @param {HTMLElement} item @param {string} move @param {{reason?: string, note?: string}} [why]
   */
  async #decide(item, move, why = {}) {
    const { panel } = this;
    const { id, edition = 0, held } = this.#comment(item);
    const seen = held?.edition ?? edition;
    try {
      /** @type {Postil.Decided} */
      const decided = await panel.api.decide(`comments/${id}/${move}`, { ...why, edition: seen });
      panel.thread.list.slot(item, null);
      this.#take(decided);
      this.#tell(doneAs(move, decided.decision.reason ?? why.reason), decided.decision.id);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 409) throw error;
      await this.#lookAgain(item, id);
    }
  }

  /** @param {HTMLElement} item @param {string} id */
  async #lookAgain(item, id) {
    const { api, thread } = this.panel;
    const { comment } = await api.get(`comments/${id}`);
    thread.fold({ comments: [comment], gone: [], revision: comment.revision });
    thread.list.slot(item, h("p", { className: "error", role: "alert" }, t.desk.changed));
  }

  /** @param {HTMLElement} item */
  async #hide(item) {
    this.clear();
    const { list } = this.panel.thread;
    const again = this.#comment(item).state === "hidden";
    list.slot(item, whyForm({
      ask: again ? t.desk.keepHiddenWhy : t.desk.hideWhy,
      submit: again ? t.desk.keepHidden : t.desk.hide,
      reasons: await this.reasons(),
      answer: (reason, note) => this.#decide(item, "hide", { reason, note }),
      cancel: () => list.slot(item, null),
    }));
  }

  /** @param {HTMLElement} item */
  async #ban(item) {
    this.clear();
    const { list } = this.panel.thread;
    const { id, author = "" } = this.#comment(item);
    const answer = async (/** @type {import("./desk-forms.js").BanWish} */ wish) => {
      const { hidden = 0, decision } = await this.panel.api.decide(`comments/${id}/ban`, wish);
      list.slot(item, null);
      this.#tell(hidden ? say(t.desk.bannedHidden, { n: hidden }) : t.desk.banned, decision);
    };
    list.slot(item, banForm({ name: author, reasons: await this.reasons(), answer, cancel: () => list.slot(item, null) }));
  }

  /** Say what was done, quietly, and offer to undo it. @param {string} text @param {string | (() => Promise<void>)} [undo] the decision's id, or how */
  #tell(text, undo) {
    clearTimeout(this.#gone);
    const away = () => {
      const had = this.done.contains(this.#active());
      this.done.replaceChildren();
      if (had) this.panel.thread.list.node.focus({ preventScroll: true });
    };
    const back = async () => {
      const undone = typeof undo === "string" ? this.#undo(undo) : undo?.();
      await undone?.then(() => this.#tell(t.desk.undone), (/** @type {Error} */ error) => this.#tell(error.message));
    };
    const note = h("p", { className: "done", part: "done" }, h("span", { dir: "auto" }, text),
      !!undo && h("button", { "data-action": "undo", onclick: back }, t.desk.undo),
      h("button", { className: "tool", "data-action": "dismiss", ariaLabel: t.desk.dismiss, title: t.desk.dismiss, onclick: away }, icon("close")));
    const had = this.done.contains(this.#active());
    this.done.replaceChildren(note);
    if (had) note.querySelector("button")?.focus();
    if (!undo) this.#gone = setTimeout(away, BRIEFLY);
    this.panel.frame.say(text);
  }

  /** Take in what was decided, or made of the section. @param {{comment?: Postil.Comment, section?: Postil.Section}} answer */
  #take({ comment, section }) {
    const { panel } = this;
    if (section) panel.article.count([section]);
    panel.counted();
    if (comment && panel.thread.store.get(comment.id)) panel.thread.fold({ comments: [comment], gone: [], revision: comment.revision }, true);
  }

  #active() {
    return this.panel.frame.node?.shadowRoot?.activeElement ?? null;
  }

  /** @param {string} decision */
  async #undo(decision) {
    const answer = await this.panel.api.decide(`decisions/${decision}/undo`);
    if (answer.comment) this.#take(answer);
  }

  /** What the panel's menu offers to a moderator. */
  menu() {
    const { api, frame, home, article } = this.panel;
    const section = article.known[home ?? ""];
    const close = (/** @type {() => void} */ then) => () => (frame.openMenu(), then());
    return [
      h("p", { dir: "auto" }, say(t.desk.moderating, { name: api.grant?.name ?? "" })),
      ...(section ? [h("hr"), h("h3", {}, t.desk.section), ...this.#states(section), h("hr")] : []),
      h("a", { href: this.#queue(), target: "_blank", rel: "noopener" }, t.desk.allQueue),
      h("button", { "data-action": "moderate", onclick: close(() => stop(this.panel)) }, t.desk.stop),
    ];
  }

  /** @param {Postil.Section} section */
  #states({ state: now = "open", minutes = 5 }) {
    const paces = [...new Set([...PACES, minutes])].sort((a, b) => a - b);
    const pace = h("select", { ariaLabel: t.desk.minutes }, ...paces.map((each) => h("option", { value: `${each}` }, `${each}`)));
    pace.value = `${minutes}`;
    pace.onchange = () => now === "slow" && this.#set("slow", Number(pace.value));
    const choice = (/** @type {State} */ state) =>
      h("button", { "data-action": state, ariaPressed: String(state === now), onclick: () => this.#set(state, Number(pace.value)) }, t.desk.states[state]);
    return [choice("open"), h("div", { className: "slow" }, choice("slow"), pace, t.desk.min), choice("closed"), choice("locked")];
  }

  /** @param {State} state @param {number} minutes */
  async #set(state, minutes) {
    const { frame, home, article } = this.panel;
    const { state: was = "open", minutes: before = 0 } = article.known[home ?? ""];
    frame.openMenu();
    frame.more?.focus();
    try {
      await this.#put(state, minutes);
      this.#tell(say(t.desk.set[state], { n: minutes }), () => this.#put(was, before));
    } catch (error) {
      this.#tell(/** @type {Error} */ (error).message);
    }
  }

  /** @param {State} state @param {number} minutes */
  async #put(state, minutes) {
    const { api, home } = this.panel;
    const body = state === "slow" ? { state, minutes } : { state };
    this.#take({ section: await api.decide(`sections/${home}/state`, body, "PUT") });
  }

  /** The section's state has changed: an open menu says so. */
  follow() {
    const { menu } = this.panel.frame;
    if (!menu.hidden && !menu.contains(this.#active())) menu.replaceChildren(...this.menu());
  }

  /** Another section is shown, or the panel is closed: what was done there is not offered here. */
  clear() {
    this.done.replaceChildren();
  }
}

/** What a decision did, in a sentence. @param {string} move @param {string} [reason] */
const doneAs = (move, reason) => {
  const { done } = t.desk;
  return move === "hide" && reason ? say(done.hideFor, { reason }) : done[/** @type {keyof typeof done} */ (move)];
};
