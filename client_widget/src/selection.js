// @ts-check
/** What a reader has chosen of the section's words, as text. */

/** Of the words of the section that the panel shows. @param {import("./panel.js").Panel} panel @returns {Range | null} */
export const chosenIn = ({ place, article }) => {
  const selection = getSelection();
  if (!place || !selection?.rangeCount || selection.isCollapsed) return null;
  const words = document.createRange();
  const before = article.places[article.places.indexOf(place) - 1];
  if (before) words.setStartAfter(before.row);
  else words.setStart(article.root, 0);
  words.setEndBefore(place.row);
  const chosen = selection.getRangeAt(0).cloneRange();
  // Words of a comment are in a tree of their own.
  if (chosen.startContainer.getRootNode() !== words.startContainer.getRootNode()) return null;
  // What reaches over the section's ends is another's.
  if (chosen.compareBoundaryPoints(Range.START_TO_START, words) < 0) chosen.setStart(words.startContainer, words.startOffset);
  if (chosen.compareBoundaryPoints(Range.END_TO_END, words) > 0) chosen.setEnd(words.endContainer, words.endOffset);
  return chosen.collapsed || !textOf(chosen) ? null : chosen;
};

const BLOCK = /^(p|div|section|article|li|ul|ol|dl|dt|dd|h[1-6]|blockquote|pre|figure|figcaption|table|tr|hr)$/;
const SILENT = /^(script|style|template|noscript|svg|button|select|postil-.*)$/;

/** As a reader sees it: a paragraph is a line of its own. @param {Range} range */
export const textOf = (range) =>
  wordsOf(range.cloneContents()).replace(/[^\S\n]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n").trim();

/** @param {Node} node @returns {string} */
const wordsOf = (node) => {
  if (node instanceof Text) return node.data.replace(/\s+/g, " ");
  const { localName = "" } = /** @type {Element} */ (node);
  if (SILENT.test(localName) || (node instanceof Element && node.matches("[hidden],[data-postil-ignore]"))) return "";
  if (localName === "br") return "\n";
  const words = [...node.childNodes].map(wordsOf).join("");
  return BLOCK.test(localName) ? `\n\n${words}\n\n` : words;
};
