// @ts-check
/**
 * What the widget says, in the page's language: catalogs in lang/, sentences with {placeholders} and plural forms.
 * `t` is empty until speak() is done; what is seldom said is in it once more() is.
 */

/** @typedef {typeof import("./lang/en.json") & typeof import("./lang/en.more.json")} Words */
/** A sentence, or its plural forms by what Intl.PluralRules says of `n`. @typedef {string | {[form: string]: string}} Sentence */

export const t = /** @type {Words} */ ({});
let lang = "en";
let folder = "";
/** @type {Promise<void> | undefined} */
let rest;
/** Intl's objects are dear to make, and a long list says thousands of sentences. @type {Record<string, any>} */
let made = {};

/** @param {"PluralRules" | "NumberFormat" | "RelativeTimeFormat"} kind @param {object} [options] @returns {any} */
export const intl = (kind, options) => (made[kind + JSON.stringify(options)] ??= new /** @type {any} */ (Intl)[kind](lang, options));

export const language = () => lang;
/** @type {Promise<void> | undefined} */
let spoken;

/** @param {string} name */
const catalog = async (name) => void Object.assign(t, await (await fetch(`${folder}lang/${name}.json`)).json());

/** Load what reading and writing needs. @param {string} modules where the widget's modules lie @param {string} language has a catalog */
export const speak = (modules, language) => {
  // Whoever asks while it is under way waits for it, too.
  if (spoken && language === lang) return spoken;
  [folder, lang, rest, made] = [modules, language, undefined, {}];
  return (spoken = catalog(lang).catch((error) => {
    spoken = undefined;
    throw error;
  }));
};

/** A part that is loaded later, with its words. @template T @param {Promise<T>} part @returns {Promise<T>} */
export const more = async (part) => {
  rest ??= catalog(`${lang}.more`).catch((error) => {
    rest = undefined;
    throw error;
  });
  await rest;
  return part;
};

/**
 * A sentence in pieces, so that nodes may stand in it.
 * @param {Sentence} what @param {Record<string, any>} [values] `n` chooses the form
 * @returns {(string | Node)[]}
 */
export const pieces = (what, values = {}) => {
  const text = typeof what === "string" ? what : (what[intl("PluralRules").select(values.n)] ?? what.other);
  const parts = text.split(/\{(\w+)\}/);
  return parts.map((part, at) => {
    const value = at % 2 ? values[part] : part;
    return typeof value === "number" ? intl("NumberFormat").format(value) : value;
  });
};

/** @param {Sentence} what @param {Record<string, string | number>} [values] */
export const say = (what, values) => pieces(what, values).join("");

/** How a text begins: where it was cut, it says so. @param {string} text */
export const begun = (text) => (/[.!?:…。！？"'”’»)]$/.test(text) ? text : `${text} …`);

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

/** @param {number} at epoch seconds */
export const ago = (at) => {
  const seconds = at - Date.now() / 1000;
  const [unit, size] = UNITS.find(([, size]) => -seconds >= size) ?? ["second", Infinity];
  return intl("RelativeTimeFormat", { numeric: "auto" }).format(Math.ceil(seconds / size) || 0, unit);
};

/** @param {number} at epoch seconds */
export const date = (at) => new Date(at * 1000).toLocaleString(lang, { dateStyle: "long", timeStyle: "short" });
