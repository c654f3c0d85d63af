// @ts-check
/**
 * What the toolbar writes: Markdown around or before what is chosen, and a second press takes it away. Pure.
 *
 * @typedef {{from: number, to: number, text: string, start: number, end: number}} Change
 * `text` takes the place of what stands from `from` to `to`; then what is between `start` and `end` is chosen.
 * @typedef {(value: string, start: number, end: number) => Change} Mark
 */

/** Around words, line by line: no emphasis goes over the end of a paragraph. @param {string} mark @returns {Mark} */
export const around = (mark) => (value, start, end) => {
  const { length } = mark;
  while (start < end && /\s/.test(value[start])) start++;
  while (start < end && /\s/.test(value[end - 1])) end--;
  const chosen = value.slice(start, end);
  if (value.slice(start - length, start) === mark && value.slice(end, end + length) === mark) {
    return { from: start - length, to: end + length, text: chosen, start: start - length, end: end - length };
  }
  const lines = chosen.split("\n");
  const has = (/** @type {string} */ line) => !line.trim() || (line.length >= 2 * length && line.startsWith(mark) && line.endsWith(mark));
  const change = chosen && lines.every(has) ? (/** @type {string} */ line) => line.slice(length, -length) : (/** @type {string} */ line) => mark + line + mark;
  const text = lines.map((line) => (line.trim() || !chosen ? change(line) : line)).join("\n");
  const at = chosen ? [start, start + text.length] : [start + length, start + length];
  // Of one line the words stay chosen, so that the next press, or what is typed, is about them.
  if (chosen && lines.length === 1 && text.length > chosen.length) return { from: start, to: end, text, start: start + length, end: end + length };
  return { from: start, to: end, text, start: at[0], end: at[1] };
};

const FENCE = "```";

/** Within a line a code span, of several lines a block. @type {Mark} */
export const code = (value, start, end) => {
  const chosen = value.slice(start, end);
  if (!chosen.includes("\n")) return around("`")(value, start, end);
  const [before, after] = [`${FENCE}\n`, `\n${FENCE}`];
  if (value.slice(start - before.length, start) === before && value.startsWith(after, end)) {
    const from = start - before.length;
    return { from, to: end + after.length, text: chosen, start: from, end: from + chosen.length };
  }
  const begin = start && value[start - 1] !== "\n" ? `\n${before}` : before;
  const rest = value[end] && value[end] !== "\n" ? `${after}\n` : after;
  return { from: start, to: end, text: begin + chosen + rest, start: start + begin.length, end: start + begin.length + chosen.length };
};

/** With the address chosen, to be typed over; what is chosen may be the address itself. @type {Mark} */
export const link = (value, start, end) => {
  for (const { index, 0: whole, 1: words } of value.matchAll(/\[([^\]\n]*)\]\([^)\n]*\)/g)) {
    if (index > start || index + whole.length < end || (start === end && index === start)) continue;
    return { from: index, to: index + whole.length, text: words, start: index, end: index + words.length };
  }
  const chosen = value.slice(start, end).replace(/\s*\n\s*/g, " ");
  if (/^https?:\/\/\S+$/.test(chosen)) return { from: start, to: end, text: `[](${chosen})`, start: start + 1, end: start + 1 };
  const address = start + chosen.length + 3;
  const at = chosen ? [address, address + 8] : [start + 1, start + 1];
  return { from: start, to: end, text: `[${chosen}](https://)`, start: at[0], end: at[1] };
};

/** Before each line that is touched. @param {string} mark @param {RegExp} had what a second press takes away @param {boolean} [bare] whether it stands on empty lines too @returns {Mark} */
export const before = (mark, had, bare) => (value, start, end) => {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const last = end > start && value[end - 1] === "\n" ? end - 1 : end;
  const to = (value.indexOf("\n", last) + 1 || value.length + 1) - 1;
  const lines = value.slice(from, to).split("\n");
  const full = lines.filter((line) => line.trim());
  const off = full.length > 0 && full.every((line) => had.test(line));
  const put = (/** @type {string} */ line) => (line.trim() || bare || lines.length === 1 ? (mark + line).trimEnd() : line);
  let text = lines.map((line) => (off ? line.replace(had, "") : put(line))).join("\n");
  if (!full.length) text = mark;
  const size = text.length;
  // A line that follows at once would be taken for a part of it.
  if (!off && /^\n[^\n]/.test(value.slice(to)) && !had.test(value.slice(to + 1))) text += "\n";
  return { from, to, text, start: start === end ? from + size : from, end: from + size };
};

/** Somebody else's words, to stand at `at` in a value: what is written about them goes below. @param {string} words @param {string} value @param {number} at */
export const quoted = (words, value, at) => {
  const lines = cut(words).split("\n").map((line) => (line.trim() ? `> ${plain(line)}` : ">"));
  const above = value.slice(0, at).trimEnd() ? (/\n\n$/.test(value.slice(0, at)) ? "" : /\n$/.test(value.slice(0, at)) ? "\n" : "\n\n") : "";
  return `${above}${lines.join("\n")}\n\n`;
};

/** The most of a text that is quoted, in characters. */
const MOST_QUOTED = 600;

/** What is too long ends with a sentence, else with a word. @param {string} words */
const cut = (words) => {
  if (words.length <= MOST_QUOTED) return words;
  const part = words.slice(0, MOST_QUOTED);
  const sentence = Math.max(...[...part.matchAll(/[.!?。！？]["'”’»)]?(?=\s)/g)].map(({ index, 0: end }) => index + end.length), 0);
  return `${part.slice(0, sentence > MOST_QUOTED / 2 ? sentence : part.search(/\s\S*$/) > 0 ? part.search(/\s\S*$/) : MOST_QUOTED)} …`;
};

/** Words as they were, also where they look like Markdown. @param {string} line */
const plain = (line) =>
  line
    .replace(/[\\`*[\]<]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\$&")
    .replace(/^\s*(?:([#>+~=|-])|(\d{1,9})([.)])(?=\s))/, (all, sign, number, dot) => (sign ? `\\${sign}` : `${number}\\${dot}`));
