// @ts-check
/** The handle of the sheet: pulled down it closes, pulled up it takes the whole height; pressed, it does that too. */

import { h } from "./element.js";
import { t } from "./words.js";

/** How far it is pulled until it means something, in pixels. */
const FAR = 72;

/** @param {import("./frame.js").Frame} frame */
export const drag = (frame) => {
  const { dialog } = frame;
  if (dialog.querySelector(".handle")) return;
  const handle = h("button", { className: "handle", part: "handle", "data-action": "height" });
  /** @param {boolean} full */
  const tell = (full) => {
    dialog.toggleAttribute("data-full", full);
    handle.ariaLabel = handle.title = full ? t.height.lower : t.height.full;
  };
  let from = 0;
  let moved = 0;
  handle.onpointerdown = ({ clientY, pointerId }) => (handle.setPointerCapture(pointerId), (from = clientY), (moved = 0));
  handle.onpointermove = ({ clientY }) => {
    if (!from) return;
    moved = clientY - from;
    dialog.style.translate = `0 ${Math.max(0, moved)}px`;
  };
  handle.onpointerup = handle.onpointercancel = () => {
    from = 0;
    dialog.style.translate = "";
    const full = dialog.hasAttribute("data-full");
    if (moved > FAR && !full) frame.close();
    else if (Math.abs(moved) > FAR) tell(moved < 0);
  };
  handle.onclick = () => Math.abs(moved) < 8 && tell(!dialog.hasAttribute("data-full"));
  tell(false);
  dialog.prepend(handle);
};
