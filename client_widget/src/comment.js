// @ts-check
/** How one comment looks to one viewer. Its buttons say what they do in `data-action`; the thread does it. */

import { h, icon } from "./element.js";
import { enter } from "./html.js";
import { ago, date, say, t } from "./words.js";

/**
 * @typedef {object} Sight what the viewer may do and has done
 * @property {boolean} staff
 * @property {import("./desk.js").Desk | null} desk what moderators see and do
 * @property {Postil.Comment} [own]
 * @property {typeof import("./standing.js") | null} standing what its author is told
 * @property {ReturnType<typeof import("./own.js").decided>} told what a moderator decided about it while its author looked
 * @property {boolean} heldOpen whether its author looks at his edit that waits
 * @property {boolean} reacted
 * @property {boolean} flagged
 * @property {boolean} open whether the section takes replies
 * @property {(name: string) => SVGElement} face
 * @property {() => Node} [then] draws how the section reads now and did then, where that is asked
 */

/** Deeper replies stand in line, and say whom they answer. */
export const DEEPEST = 3;

/** Whether only the place of a comment is left. @param {Postil.Comment} comment */
export const isTombstone = (comment) => !comment.author;

/** Whether the viewer may still edit it. @param {Postil.Comment | undefined} own */
export const isEditable = (own) => !!own?.editable_until && own.editable_until * 1000 > Date.now();

/** @param {import("./store.js").CommentRow} row @param {Sight} sight */
export const draw = (row, sight) => {
  const { comment } = row;
  if (isTombstone(comment)) return tombstone(row);
  const name = `by-${comment.id}`;
  const className = `${comment.state ?? "published"} ${sight.own && !sight.staff ? "mine" : ""}`;
  return h("article", { part: "comment", "aria-labelledby": name, className },
    head(row, name, sight), ...labels(row, sight), ...(sight.standing?.linesOf(sight) ?? []), ...(sight.desk?.labels(comment) ?? []), bodyOf(comment.html), ...(sight.desk?.notes(comment) ?? []), actions(row, sight));
};

/** @param {string} [html] */
export const bodyOf = (html = "") => {
  const body = h("div", { className: "body", part: "body", dir: "auto" });
  enter(body, html);
  return body;
};

/** @param {import("./store.js").CommentRow} row */
const tombstone = (row) => {
  const { state, reason } = row.comment;
  const { tombs } = t;
  const text = state === "hidden" && reason ? say(tombs.hiddenFor, { reason }) : (tombs[/** @type {keyof typeof tombs} */ (state)] ?? tombs.gone);
  return h("article", { part: "tombstone", className: "tomb" },
    h("p", { dir: "auto" }, text), fold(row));
};

/** @param {import("./store.js").CommentRow} row @param {string} id @param {Sight} sight */
const head = (row, id, { face }) => {
  const { comment } = row;
  const { author = "", role, at } = comment;
  const time = h("time", { dateTime: new Date(at * 1000).toISOString(), title: date(at) }, ago(at));
  return h("header", {}, face(author),
    h("b", { id, part: "author" }, h("bdi", {}, author)),
    role && h("span", { className: "badge", part: "badge" }, t[role]),
    h("a", { className: "when", href: `#postil-${comment.id}` }, time),
    comment.edited && h("span", { className: "when" }, t.edited),
    fold(row));
};

/** @param {import("./store.js").CommentRow} row */
const fold = ({ replies, folded }) =>
  replies && !folded && h("button", { className: "tool fold", "data-action": "fold", ariaExpanded: "true", ariaLabel: t.collapse, title: t.collapse }, icon("up"));

/** @param {import("./store.js").CommentRow} row @param {Sight} sight */
const labels = ({ comment, depth, to }, { then }) => {
  const { parent, earlier } = comment;
  return [
    parent && to?.author && h("p", { className: depth > DEEPEST ? "to" : "to unseen" }, say(t.inReplyTo, { name: to.author })),
    earlier && h("button", { className: "label", "data-action": "then", ariaExpanded: String(!!then) }, t.then, icon(then ? "up" : "down")),
    earlier && then?.(),
  ];
};

/** @param {import("./store.js").CommentRow} row @param {Sight} sight */
const actions = ({ comment, replies, folded }, sight) => {
  const { state = "published", support } = comment;
  const { desk, own } = sight;
  const shown = state === "published";
  return h("footer", { className: "actions" },
    shown && sight.open && act("reply", t.reply, say(t.replyTo, { name: comment.author ?? "" })),
    shown && act("support", support ? say(t.supported, { n: support }) : t.support, "", { ariaPressed: String(sight.reacted) }),
    folded && act("fold", say(t.folded, { n: replies }), "", { ariaExpanded: "false" }),
    ...((own && sight.standing?.actionsOf(own)) ?? []),
    ...(desk?.actions(comment) ?? []),
    h("button", { className: "act more", "data-action": "more", ariaLabel: t.tools.menu, title: t.tools.menu, ariaExpanded: "false" }, "…"),
    h("span", { className: "extra" }, ...extras(state, sight), ...(desk?.extras(comment) ?? [])));
};

/** @param {string} state @param {Sight} sight */
const extras = (state, { own, flagged }) => [
  isEditable(own) && act("edit", t.edit),
  own && act("remove", t.remove),
  state === "published" && act("copy", t.copy),
  state === "published" && !own && (flagged ? h("span", {}, t.flagged) : act("flag", t.flag)),
];

/** @param {string} action @param {string} word @param {string} [label] @param {object} [props] */
export const act = (action, word, label, props) =>
  h("button", { className: "act", part: "action", "data-action": action, ariaLabel: label || null, ...props }, word);
