// @ts-check
/** What this browser keeps for the reader. A browser that refuses storage forgets, and nothing else breaks. */

/** @param {string} key @param {() => Storage} [where] @returns {any} */
export const recall = (key, where = () => localStorage) => {
  try {
    return JSON.parse(where().getItem(`postil:${key}`) ?? "null");
  } catch {
    return null;
  }
};

/** Keep a value, or with null forget it. @param {string} key @param {any} value @param {() => Storage} [where] */
export const keep = (key, value, where = () => localStorage) => {
  try {
    if (value == null) where().removeItem(`postil:${key}`);
    else where().setItem(`postil:${key}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
};

/** The keys kept that begin so. @param {string} start */
export const stored = (start) => {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`postil:${start}`)).map((key) => key.slice(7));
  } catch {
    return [];
  }
};
