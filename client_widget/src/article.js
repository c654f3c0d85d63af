// @ts-check
/** The articles of a page: what the service knows of each, and its rows. scan() finds them, and finds them anew. */

import { findSections, outlineOf } from "./sections.js";
import { face, place, tokens } from "./rows.js";

/** So many pages are remembered for what was read there, the longest unused go. */
const MOST_PAGES = 60;

/** @param {string} key @returns {any} */
const recall = (key) => {
  try {
    return JSON.parse(localStorage[`postil:${key}`]);
  } catch {}
};

/** @param {string} key @param {any} value @returns whether this browser keeps it */
const keep = (key, value) => {
  try {
    localStorage[`postil:${key}`] = JSON.stringify(value);
    return true;
  } catch {}
};

/**
 * The word by which a view is counted: once for each browser, page and day; none where nothing can be kept.
 * @param {string} url
 */
const visit = (url) => {
  const day = new Date().toISOString().slice(0, 10);
  const kept = recall("views");
  const today = kept?.day === day ? kept : { day, visit: `${Math.random()}${Math.random()}`, pages: [] };
  if (!today.pages.includes(url) && keep("views", { ...today, pages: [...today.pages, url] })) return today.visit;
};

/** @param {Postil.Loader} loader @param {Element} root @param {string} url @param {string | undefined} key */
const articleOf = ({ service, modules, options, panel }, root, url, key) => {
  const name = key ?? url;
  const lang = options.lang || /** @type {HTMLElement | null} */ (root.closest("[lang]"))?.lang || "en";

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  const ask = async (path, body) => {
    const headers = { ...article.headers, ...(body && { "Content-Type": "application/json" }) };
    const write = body && { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${service}v1/${path}`, { headers, ...write, credentials: "omit" });
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
    service, modules, root, tokens, face, lang, dir: "ltr", presence: "presence" in options, ref: { url, key }, places: [], known: {},
    outline: { hash: "", sections: [] }, since: "", headers: {},
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
      const { ref, outline, places } = article;
      const { hash } = outline;
      const query = new URLSearchParams({ url, lang, outline: hash, ...(key && { key }) });
      /** @type {Postil.Page | null} */
      let page = hash ? await ask(`page?${query}`) : null;
      if (!page?.outline) page = /** @type {Postil.Page} */ (await ask("outline", { page: ref, lang, outline: { ...outline, hash: hash || undefined } }));
      outline.hash ||= page.hash ?? "";
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
      // On the first visit nothing is new.
      const { [name]: seen = Object.fromEntries(page.sections.map(({ id, comments, last }) => [id, [comments, last]])), ...others } = recall("seen") ?? {};
      keep("seen", Object.fromEntries([...Object.entries(others).slice(1 - MOST_PAGES), [name, seen]]));
      article.count(page.sections);
      article.views(page.views);
    },
    // Once per browser and day.
    async viewed() {
      const word = visit(url);
      if (word) article.views((await ask("views", { page: article.ref, visit: word, outline: article.outline.hash })).views);
    },
  };
  return article;
};

/** @param {Postil.Article} article */
const clear = ({ places }) => {
  for (const { row, mark } of places) row.remove(), mark.remove();
};

/** Is everything where it was drawn? @param {Postil.Article | undefined} article @param {any} found */
const stands = (article, { root, sections }) => !!article && article.root === root && sections.length === article.places.length &&
  article.places.every(({ section, row, mark }, at) => {
    const { heading, element, end } = sections[at];
    return section.heading === heading && section.element === element && row.isConnected && (!end || end.nextSibling === row) && mark.isConnected === !!element;
  });

/**
 * Draw the articles that are here now, in place of those that were.
 * @param {Postil.Loader} loader @param {Postil.Article[]} before @returns {Promise<Postil.Article[]>}
 */
export const scan = async (loader, before) => {
  const { options } = loader;
  const marked = options.root instanceof Element ? [options.root] : [...document.querySelectorAll(options.root || "[data-postil-root]")];
  const founds = (marked[0] ? marked : [null]).map((root) => findSections(document, options, root));
  const now = [];
  const fresh = [];
  for (const found of founds) {
    const { root, title, sections } = found;
    if (root.closest("[data-postil-ignore]")) continue;
    // Several articles: each has its permalink. Elsewhere, an address is another site's.
    const link = /** @type {HTMLAnchorElement | null} */ (marked[1] ? root.querySelector("[rel~=bookmark],.u-url,.permalink") : document.querySelector("link[rel=canonical]"))?.href;
    const url = (link?.startsWith(`${location.origin}/`) ? link : location.href).split("#")[0];
    const key = /** @type {HTMLElement} */ (root).dataset.postilPage ?? (marked[1] ? undefined : options.page);
    const known = before.find(({ ref }) => ref.url === url && ref.key === key);
    const article = known ?? articleOf(loader, root, url, key);
    now.push(article);
    if (stands(known, found)) continue;
    clear(article);
    article.root = root;
    article.ref.title = title.slice(0, 300) || undefined;
    Object.assign(article.outline, await outlineOf(sections));
    article.places = sections.map((section) => place(article, section, (at) => loader.open(article, at), loader.near));
    fresh.push(article);
  }
  for (const article of before) if (!now.includes(article)) clear(article), loader.left(article);
  await Promise.all(fresh.map(async (article) => {
    await article.identify();
    if (before.includes(article)) loader.changed(article);
    else article.viewed?.(), article.emit("ready");
  }));
  return now;
};
