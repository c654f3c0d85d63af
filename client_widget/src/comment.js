// @ts-check
/** How one comment looks to one viewer. Its buttons say what they do in `data-action`; the thread does it. */

import { h, icon } from "./element.js";
import { enter } from "./html.js";
import { ago, date, pieces, say, t } from "./words.js";

/** @typedef {import("./store.js").CommentRow} CommentRow */
/**
 * @typedef {object} Sight what the viewer may do and has done
 * @property {boolean} staff
 * @property {import("./desk.js").Desk | null} desk what moderators see and do
 * @property {Postil.Comment} [own]
 * @property {typeof import("./standing.js") | null} standing what its author is told
 * @property {ReturnType<import("./standing.js")["decided"]>} told what a moderator decided about it while its author looked
 * @property {boolean} heldOpen whether its author looks at his edit that waits
 * @property {boolean} reacted
 * @property {boolean} flagged
 * @property {boolean} open whether the section takes replies
 * @property {(name: string) => SVGElement} face
 * @property {() => Node} [then] draws how the section reads now and did then, where that is asked
 * @property {false | null | ((comment: Postil.Comment, sight: Sight) => (Node | false)[])} [menu] draws what is done seldom, where that is asked
 * @property {string} [back] the answer that one came from
 * @property {false | null | ((comment: Postil.Comment) => HTMLElement)} [muted] draws what is left of one whom nobody wants to hear
 * @property {boolean} [unread]
 */

/** Deeper replies stand in line, and say whom they answer. */
export const DEEPEST = 3;

/** Whether the viewer may still edit it. @param {Postil.Comment | undefined} own */
export const isEditable = (own) => !!own?.editable_until && own.editable_until * 1000 > Date.now();

/** @param {CommentRow} row @param {number} depth @param {Sight} sight */
export const draw = (row, depth, sight) => {
  const { comment, news } = row;
  const { own, staff, standing, desk, muted } = sight;
  const { id, state = "published", html } = comment;
  const quiet = !comment.author ? tombstone(row) : muted && quieted(muted(comment), row);
  if (quiet) return news ? (quiet.append(waiting(news)), quiet) : quiet;
  return h("article", { part: "comment", "aria-labelledby": `by-${id}`, className: `${state} ${own && !staff ? "mine" : ""}` },
    head(row, sight), ...labels(row, depth, sight), ...(standing?.linesOf(sight) ?? []), ...(desk?.labels(comment) ?? []),
    bodyOf(html), ...(desk?.notes(comment) ?? []), actions(row, sight), !!news && waiting(news));
};

/** @param {string} [html] */
export const bodyOf = (html = "") => {
  const body = h("div", { className: "body", part: "body", dir: "auto" });
  enter(body, html);
  return body;
};

/** @param {CommentRow} row */
const tombstone = (row) => {
  const { state, reason } = row.comment;
  const { tombs } = t;
  const text = state === "hidden" && reason ? say(tombs.hiddenFor, { reason }) : (tombs[/** @type {keyof typeof tombs} */ (state)] ?? tombs.gone);
  return quieted(h("p", { dir: "auto" }, text), row);
};

/** One line where a comment was. @param {HTMLElement} line @param {CommentRow} row */
const quieted = (line, row) => h("article", { part: "tombstone", className: "tomb" }, line, fold(row), unfold(row));

/** @param {CommentRow} row @param {Sight} sight */
const head = (row, { face, unread }) => {
  const { id, author = "", role, at, edited } = row.comment;
  return h("header", {}, face(author),
    h("b", { id: `by-${id}`, part: "author" }, h("bdi", {}, author)),
    role && h("span", { className: "badge", part: "badge" }, t[role]),
    unread && h("span", { className: "fresh" }, h("span", { className: "unseen" }, t.new)),
    h("a", { className: "when", href: `#postil-${id}` }, timeOf(at, whenOf(at, !!edited))),
    fold(row));
};

/** The date comes with the pointer: the first in words takes the browser as long as a hundred comments. @param {number} at epoch seconds @param {string} text @param {string} [className] */
export const timeOf = (at, text, className) =>
  h("time", { className, dateTime: new Date(at * 1000).toISOString(), onpointerenter: (/** @type {any} */ { target }) => (target.title = date(at)) }, text);

/** One text, so that nothing beside it moves as the time goes. @param {number} at epoch seconds @param {boolean} edited */
export const whenOf = (at, edited) => (edited ? say(t.editedWhen, { time: ago(at) }) : ago(at));

/** @param {CommentRow} row */
const fold = ({ replies, folded }) =>
  replies && !folded && h("button", { className: "tool fold", "data-action": "fold", ariaExpanded: "true", ariaLabel: t.collapse, title: t.collapse }, icon("up"));

/** @param {CommentRow} row */
const unfold = ({ replies, folded }) => folded && act("fold", say(t.folded, { n: replies }), "", { ariaExpanded: "false" });

/** What waits in a thread; it stands in the gap below. @param {number} n */
const waiting = (n) => h("button", { className: "news", "data-action": "news" }, say(t.fresh, { n }));

/** @param {CommentRow} row @param {number} depth @param {Sight} sight */
const labels = ({ comment, parent, to }, depth, { then, back }) => [
  to?.author && h("p", { className: depth > DEEPEST ? "to" : "to unseen" }, ...pieces(t.inReplyTo, { name: depth > DEEPEST ? h("a", { href: `#postil-${parent}`, "data-action": "up", dir: "auto" }, to.author) : to.author })),
  back && h("button", { className: "text to", "data-action": "down" }, t.backDown),
  comment.earlier && h("button", { className: "label", "data-action": "then", ariaExpanded: String(!!then) }, t.then, icon(then ? "up" : "down")),
  comment.earlier && then?.(),
];

/** @param {CommentRow} row @param {Sight} sight */
const actions = (row, sight) => {
  const { comment } = row;
  const { author = "", state = "published", support } = comment;
  const { desk, own, standing, menu, open, reacted } = sight;
  const shown = state === "published";
  return h("footer", { className: "actions" },
    shown && open && act("reply", t.reply, say(t.replyTo, { name: author })),
    shown && act("support", support ? say(t.supported, { n: support }) : t.support, "", { ariaPressed: String(reacted) }),
    unfold(row),
    ...((own && standing?.actionsOf(own)) ?? []),
    ...(desk?.actions(comment) ?? []),
    menu ? h("span", { className: "extra" }, ...menu(comment, sight))
      : h("button", { className: "act more", "data-action": "more", ariaLabel: t.tools.menu, title: t.tools.menu, ariaExpanded: "false" }, "…"));
};

/** @param {string} action @param {string} word @param {string} [label] @param {object} [props] */
export const act = (action, word, label, props) =>
  h("button", { className: "act", part: "action", "data-action": action, ariaLabel: label || null, ...props }, word);
