// @ts-check
/** What a comment's menu offers: loaded when the first is opened. */

import { act, isEditable } from "./comment.js";
import { h } from "./element.js";
import { canMute } from "./mute.js";
import { say, t } from "./words.js";

/** @param {Postil.Comment} comment @param {import("./comment.js").Sight} sight @returns {(Node | false)[]} */
export const extras = (comment, { own, flagged, desk }) => {
  const { state = "published", author = "" } = comment;
  const shown = state === "published";
  return [
    isEditable(own) && act("edit", t.edit),
    !!own && act("remove", t.remove),
    shown && act("copy", t.copy),
    shown && !own && (flagged ? h("span", {}, t.flagged) : act("flag", t.flag)),
    canMute(comment, own) && act("mute", say(t.mute.mute, { name: author })),
    ...(desk?.extras(comment) ?? []),
  ];
};
