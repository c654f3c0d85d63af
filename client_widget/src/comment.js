// @ts-check
/** How one comment looks to one viewer. Its buttons say what they do in `data-action`; the thread does it. */

import { h, icon } from "./element.js";
import { enter } from "./html.js";
import { ago, begun, date, t } from "./strings.js";

/**
 * @typedef {object} Sight what the viewer may do and has done
 * @property {boolean} staff
 * @property {Postil.Comment} [own]
 * @property {boolean} reacted
 * @property {boolean} flagged
 * @property {boolean} open whether the section takes replies
 * @property {(name: string) => SVGElement} face
 * @property {Postil.ThenAndNow} [then] how the section reads now and did then, where that is asked
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
  const body = h("div", { className: "body", part: "body", dir: "auto" });
  enter(body, comment.html ?? "");
  return h("article", { part: "comment", "aria-labelledby": name, className: comment.state ?? "published" },
    head(row, name, sight), ...labels(row, sight), body, actions(row, sight));
};

/** @param {import("./store.js").CommentRow} row */
const tombstone = (row) => {
  const { state, reason } = row.comment;
  const text = t.tombs[/** @type {keyof typeof t.tombs} */ (state)] ?? t.tombs.gone;
  return h("article", { part: "tombstone", className: "tomb" },
    h("p", { dir: "auto" }, reason ? `${text}: ${reason}` : text), fold(row));
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
const labels = ({ comment, depth, to }, { staff, then }) => {
  const { state, reason, flags, parent, earlier } = comment;
  const hidden = reason ? `${t.hiddenLabel}: ${reason}` : t.hiddenLabel;
  return [
    parent && to?.author && h("p", { className: depth > DEEPEST ? "to" : "to unseen" }, t.inReplyTo(to.author)),
    earlier && h("button", { className: "label", "data-action": "then", ariaExpanded: String(!!then) }, t.then, icon(then ? "up" : "down")),
    earlier && then && thenAndNow(then),
    state === "pending" && h("p", { className: "label" }, t.pending),
    state === "hidden" && h("p", { className: "label" }, hidden),
    staff && flags && h("p", { className: "label" }, t.flags(flags)),
  ];
};

/** @param {Postil.ThenAndNow} told */
const thenAndNow = ({ then, now }) => {
  const renamed = then?.heading !== now?.heading;
  const same = then && now && !renamed && then.excerpt === now.excerpt;
  return h("dl", { className: "then", part: "then" },
    h("dt", {}, t.thenSaid), excerpt(then, renamed, t.thenUnknown),
    h("dt", {}, t.nowSays), excerpt(same ? undefined : now, renamed, same ? t.nowSame : t.nowUnknown));
};

/** @param {Postil.Excerpt | undefined} said @param {boolean} renamed whether the heading tells something @param {string} unknown */
const excerpt = (said, renamed, unknown) => {
  const { heading, excerpt } = said ?? {};
  if (!excerpt && !(renamed && heading)) return h("dd", {}, unknown);
  return h("dd", {}, renamed && heading && h("b", { dir: "auto" }, heading), excerpt && h("blockquote", { dir: "auto" }, begun(excerpt)));
};

/** @param {import("./store.js").CommentRow} row @param {Sight} sight */
const actions = ({ comment, replies, folded }, sight) => {
  const { state = "published", support } = comment;
  const shown = state === "published";
  return h("footer", { className: "actions" },
    shown && sight.open && act("reply", t.reply, t.replyTo(comment.author ?? "")),
    shown && act("support", support ? `${t.support} ${support}` : t.support, "", { ariaPressed: String(sight.reacted) }),
    folded && act("fold", t.folded(replies), "", { ariaExpanded: "false" }),
    ...decisions(state, sight),
    h("button", { className: "act more", "data-action": "more", ariaLabel: t.menu, title: t.menu, ariaExpanded: "false" }, "…"),
    h("span", { className: "extra" }, ...extras(state, sight)));
};

/** @param {string} state @param {Sight} sight */
const decisions = (state, { staff }) =>
  staff ? [
    state === "pending" && act("approve", t.approve),
    state === "hidden" && act("restore", t.restore),
    state !== "hidden" && act("hide", t.hide),
  ] : [];

/** @param {string} state @param {Sight} sight */
const extras = (state, { own, flagged }) => [
  isEditable(own) && act("edit", t.edit),
  own && act("remove", t.remove),
  state === "published" && act("copy", t.copy),
  state === "published" && !own && (flagged ? h("span", {}, t.flagged) : act("flag", t.flag)),
];

/** @param {string} action @param {string} word @param {string} [label] @param {object} [props] */
const act = (action, word, label, props) =>
  h("button", { className: "act", part: "action", "data-action": action, ariaLabel: label || null, ...props }, word);
