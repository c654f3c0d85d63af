// @ts-check
/** The articles of a page: what the service knows of each, and its rows. scan() finds them, and finds them anew. */

import { findSections, outlineOf } from "./sections.js";
import { face, place, tokens } from "./rows.js";

/** @param {string} key @returns {any} */
const recall = (key) => {
  try {
    return JSON.parse(localStorage[`postil:${key}`]);
  } catch {}
};

/** @param {string} key @param {any} value @returns whether this browser keeps it */
const keep = (key, value) => {
  try {
    return (localStorage[`postil:${key}`] = JSON.stringify(value));
  } catch {}
};

const unsent = () => {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith("postil:unsent:"));
  } catch {}
};

/**
 * The word by which a view is counted: once for each browser, page and day, and not where nothing can be kept.
 * @param {string} url @returns {Record<string, string>}
 */
const visitOf = (url) => {
  const day = new Date().toISOString().slice(0, 10);
  const kept = recall("views");
  const { visit, pages } = kept?.day === day ? kept : { visit: `${Math.random()}${Math.random()}`, pages: [] };
  return !pages.includes(url) && keep("views", { day, visit, pages: [...pages, url] }) ? { visit } : {};
};

/** @param {Postil.Loader} loader @param {Element} root @param {string} url @param {string | undefined} key */
const articleOf = ({ service, modules, options, panel }, root, url, key) => {
  const name = key ?? url;
  const lang = options.lang || /** @type {HTMLElement | null} */ (root.closest("[lang]"))?.lang || "en";

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  const ask = async (path, body) => {
    const json = { "Content-Type": "application/json" };
    const write = body && { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${service}v1/${path}`, { ...write, headers: { ...article.headers, ...(body && json) }, credentials: "omit" });
    if (!response.ok) throw new Error(`${response.status} ${path}`);
    return response.json();
  };

  // Who comes near the end of an article shows interest in what stands there.
  const end = new IntersectionObserver(async (entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    end.disconnect();
    (await panel()).earlier(article);
  }, { rootMargin: "600px" });

  /** @type {Postil.Article} */
  const article = {
    service, modules, root, tokens, face, lang, dir: "ltr", presence: "presence" in options,
    ref: { url, key }, outline: { hash: "", sections: [] }, places: [], known: {}, since: "", headers: {},
    emit: (type, detail) => article.root.dispatchEvent(new CustomEvent(`postil:${type}`, { detail, bubbles: true, composed: true })),
    views: (count) => {
      for (const node of document.querySelectorAll("[data-postil-views]")) node.textContent = `${count}`;
    },
    count: (sections) => {
      const { known, places, earlier } = article;
      const all = sections.every(({ id }) => known[id]);
      for (const section of sections) known[section.id] = section;
      const seen = recall("seen")?.[name];
      for (const place of places) place.draw(seen);
      if (earlier) end.observe(places[places.length - 1].row);
      if (sections[0]) article.emit("counts", { sections });
      return all;
    },
    identify: async () => {
      const { ref, outline: { hash, sections }, places } = article;
      const visit = visitOf(url);
      /** @type {Postil.Page | null} */
      let page = hash ? await ask(`page?${new URLSearchParams({ url, ...(key && { key }), outline: hash, lang, ...visit })}`) : null;
      // Its hash says nothing to the service; or there is none, where a page is not of https.
      if (!page?.outline) page = /** @type {Postil.Page} */ (await ask("outline", { page: ref, outline: { hash: hash || undefined, sections }, lang, ...visit }));
      article.outline.hash ||= page.hash ?? "";
      for (const [at, place] of places.entries()) {
        place.id = page.outline?.[at] ?? null;
        place.joined = page.joined?.[at] ?? [];
        place.part = page.parts?.[at];
      }
      article.since = page.since;
      article.lang = page.lang ?? "en";
      article.dir = page.dir ?? "ltr";
      article.words = page.words;
      article.earlier = page.earlier ?? (article.earlier && []);
      // On the first visit nothing is new. The pages that were read longest ago are forgotten, so that it stays small.
      const { [name]: seen = Object.fromEntries(page.sections.map(({ id, comments, last }) => [id, [comments, last]])), ...others } = recall("seen") ?? {};
      keep("seen", Object.fromEntries([...Object.entries(others).slice(-59), [name, seen]]));
      article.count(page.sections);
      article.views(page.views);
    },
  };
  return article;
};

/** Are its rows where they were drawn? @param {Postil.Article} article */
export const intact = ({ places }) => places.every(({ row, mark, section }) => row.isConnected && mark.isConnected === !!section.element);

/** Take its rows away. @param {Postil.Article} article */
export const clear = ({ places }) => {
  for (const { row, mark } of places) row.remove(), mark.remove();
};

/**
 * Draw the articles that are here now, in place of those that were. One that is still here, and reads as it did, stays.
 * @param {Postil.Loader} loader @param {Postil.Article[]} before @returns {Promise<Postil.Article[]>}
 */
export const scan = async (loader, before) => {
  const { options, changed, left, modules } = loader;
  if (document.querySelector("postil-count,postil-views")) import(`${modules}elements.js`).then((made) => made.elements(options.lang || document.documentElement.lang));
  const given = options.root;
  const roots = given instanceof Element ? [given] : [...document.querySelectorAll(given || "[data-postil-root]")];
  // Who keeps pages as copies (Turbo) keeps hosts of ours without their roots.
  for (const host of document.querySelectorAll("postil-row,postil-bubble,postil-earlier,postil-panel")) if (!host.shadowRoot) host.remove();
  /** @type {Postil.Article[]} */
  const now = [];
  /** @type {Postil.Article[]} */
  const drawn = [];
  for (const each of roots[0] ? roots : [null]) {
    const { root, title, sections } = findSections(document, options, each);
    if (root.closest("[data-postil-ignore]")) continue;
    // Of several articles each has its permalink. An address elsewhere is another site's.
    const link = /** @type {HTMLAnchorElement | null} */ (roots[1] ? root.querySelector("[rel~=bookmark],.u-url") : document.querySelector("link[rel=canonical]"))?.href;
    const url = (link?.startsWith(`${location.origin}/`) ? link : location.href).split("#")[0];
    const key = /** @type {HTMLElement} */ (root).dataset.postilPage || (roots[1] ? undefined : options.page);
    const old = before.find((one) => one.ref.url === url && one.ref.key === key && !now.includes(one));
    const article = old ?? articleOf(loader, root, url, key);
    const outline = await outlineOf(sections);
    now.push(article);
    if (old && JSON.stringify(outline.sections) === JSON.stringify(old.outline.sections) && intact(old)) continue;
    clear(article);
    article.root = root;
    article.ref.title = title.slice(0, 300) || undefined;
    Object.assign(article.outline, outline);
    article.places = sections.map((section) => place(article, section, loader));
    drawn.push(article);
  }
  for (const article of before) if (!now.includes(article)) clear(article), left(article);
  for (const article of drawn) {
    try {
      await article.identify();
      if (before.includes(article)) changed(article);
      else article.emit("ready");
      // What could not be sent when it was written.
      if (unsent()) (await loader.panel()).resume?.(article);
    } catch (error) {
      clear(article);
      article.emit("error", { code: "network" });
      throw error;
    }
  }
  return now;
};
