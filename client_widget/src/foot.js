// @ts-check
/** The panel's foot: where comments on a section are written, and the pace at which it takes them. */

import { Composer, shelve } from "./composer.js";
import { h } from "./element.js";
import { recall } from "./storage.js";
import { t } from "./words.js";

export class Foot {
  /** None where the section takes nothing. @type {Composer | null} */
  composer = null;
  /** What the foot was made for. @type {string | undefined} */
  #made;

  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
  }

  /** Whether the section takes replies; why not a new thread, or how fast, in a sentence. */
  get pace() {
    const { article, home } = this.panel;
    const { state, minutes = 1 } = article.known[home ?? ""] ?? {};
    const locked = state === "locked" ? t.locked : "";
    return { shut: state === "closed" ? t.closed : locked, locked, slow: state === "slow" ? minutes : 0 };
  }

  /** The section's state may have changed: the composers and the buttons follow, and what somebody writes stays. */
  follow() {
    const now = JSON.stringify(this.pace);
    if (this.#made === now) return;
    this.#made = now;
    const { composer, panel } = this;
    const { shut, locked, slow } = this.pace;
    if (composer && (!shut || !composer.isEmpty)) composer.pace(shut, slow);
    else this.compose();
    for (const reply of panel.thread.replies) reply.pace(locked, slow);
    panel.thread.render();
    panel.desk?.follow();
  }

  /** Put the composer at the foot, or say why there is none. */
  compose() {
    const { panel } = this;
    const { shut, slow } = this.pace;
    this.#made = JSON.stringify(this.pace);
    this.composer = shut ? null : new Composer({ panel, label: t.write, draft: this.draft("") });
    this.composer?.pace("", slow);
    panel.frame.foot.replaceChildren(this.composer?.node ?? h("p", { className: "shut" }, shut));
    this.label();
    shelve(panel);
  }

  /** What is written under a merged thread goes to the section's own, so say so. */
  label() {
    const { thread, home } = this.panel;
    this.composer?.label(thread.section === home ? t.write : t.writeHere);
  }

  /** The name of a draft in this browser: by the thread, but where one was begun before it had an id. @param {string} parent */
  draft(parent) {
    const { page, place, home } = this.panel;
    const [early, name] = [place?.name, home].map((section) => [page, section, parent].join(" "));
    return home && !recall(`draft:${early}`) ? name : early;
  }

  /** The thread that the viewer began at a place, as far as this browser knows. @param {Postil.Place | null} place @returns {string | undefined} */
  begunAt(place) {
    return recall("begun")?.[this.nameOf(place)];
  }

  /** Names a place in this browser's storage. @param {Postil.Place | null} place */
  nameOf(place) {
    return `${this.panel.page} ${place?.name}`;
  }
}
