// @ts-check
/**
 * What is left of a section's text when it leaves the browser: enough to know it again, not to read it.
 * This is server/postil/fingerprint.py in JavaScript; tests/data/fingerprint_vectors.json holds them together.
 */

// Scripts without spaces between words: cut into pairs of letters.
const UNSPACED =
  "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3005-\\u312f\\u3400-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const GLUED = new RegExp(`[${UNSPACED}]`, "u");
const ONE_SORT = new RegExp(`[${UNSPACED}]+|[^${UNSPACED}]+`, "gu");
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** @param {number} h */
const mix = (h) => {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** @param {string} token */
export function hash(token) {
  let h = 0x811c9dc5;
  for (let i = 0, code; i < token.length; i += code > 0xffff ? 2 : 1) {
    code = token.codePointAt(i) ?? 0;
    h = Math.imul(h ^ code, 0x01000193);
  }
  return mix(h);
}

/** The lowest hashes, of 18 bits each. @param {number[]} hashes @param {number} most */
function sample(hashes, most) {
  const lowest = new Set(Uint32Array.from(hashes, (h) => h >>> 14).sort());
  return [...lowest].slice(0, most).map((h) => ALPHABET[h >> 12] + ALPHABET[(h >> 6) & 63] + ALPHABET[h & 63]).join("");
}

/** @param {string} part @returns {string | string[]} */
function pairsOf(part) {
  const letters = GLUED.test(part) ? [...part] : [];
  return letters[1] ? letters.slice(1).map((letter, i) => letters[i] + letter) : part;
}

/**
 * Nothing where there are no words. Digits are none: a view counter or a date changes nothing.
 * @param {string} text @returns {{print?: string, first?: string, last?: string}}
 */
export function fingerprint(text) {
  const plain = text.normalize("NFKC").toLowerCase().replaceAll("ς", "σ").replace(/\p{Cf}/gu, "");
  const words = plain.match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  const tokens = GLUED.test(plain) ? words.flatMap((word) => word.match(ONE_SORT) ?? []).flatMap(pairsOf) : words;
  const hashes = tokens.map(hash);
  const pairs = hashes.slice(1).map((next, i) => mix(Math.imul(hashes[i], 0x9e3779b1) ^ next));
  /** @param {string[]} some @param {number[]} ends */
  const cut = (some, ...ends) => [...some.join(" ")].slice(...ends).join("");
  return words[0] ? {
    print: `${sample(hashes, 128)}.${sample(pairs, 100)}`,
    first: cut(words.slice(0, 8), 0, 120),
    last: cut(words.slice(-8), -120),
  } : {};
}
