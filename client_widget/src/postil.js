// @ts-check
/**
 * The script tag: finds the sections, asks for the page once, puts a row at each section's end. All else is
 * imported when a reader shows interest. Hosts: postil-row, postil-bubble; parts: row count say new faces bubble.
 * Threads whose words are no longer here are told at the end (earlier.js), to whoever comes near it.
 */
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  if (document.querySelector("postil-row")) return;
  const service = new URL(".", script.src).href;
  const modules = `${service}w/__POSTIL_VERSION__/`;

  const TOKENS = `:host{all:initial;color-scheme:inherit;
--ink:var(--postil-ink,light-dark(#1f2328,#e4e2dd));--soft:var(--postil-soft,light-dark(#646a71,#979ca4));
--surface:var(--postil-surface,light-dark(#fff,#1c1f24));
--line:var(--postil-line,light-dark(#e6e2da,#2b2f36));--accent:var(--postil-accent,light-dark(#0f62a8,#7ab8ef));
--wash:var(--postil-wash,light-dark(#eaf2fa,#1d2c3b));--on-accent:var(--postil-on-accent,light-dark(#fff,#14161a));
--sans:var(--postil-font,system-ui,sans-serif);font:15px/1.5 var(--sans);color:var(--ink)}
button{all:unset;box-sizing:border-box;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[hidden]{display:none!important}.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
svg.face{width:22px;border-radius:50%;flex:none;background:hsl(var(--hue) 40% 88%);fill:hsl(var(--hue) 45% 36%)}@media print{:host{display:none!important}}`;
  const ROWS = `:host{display:block}:host(postil-row){margin:28px 0 44px}
.row{display:flex;align-items:center;gap:12px;width:100%;min-height:48px;padding:8px 0;border-block:1px solid var(--line);color:var(--soft)}
.count{color:var(--accent);font-weight:600}.row:hover span{text-decoration:underline}
.faces{display:flex}.faces:empty{display:none}.faces svg{margin-inline-end:-5px;border:2px solid var(--surface)}
.row>*{white-space:nowrap}.new{margin-inline-start:auto;color:var(--accent);font:600 13px/1.5 var(--sans)}
@media (max-width:480px){.row{gap:8px}.row:has(.new:not(:empty)) .faces{display:none}}
:host(postil-bubble){font:inherit;float:inline-end;width:0;height:0;position:relative}
.bubble{position:absolute;inset-inline-start:20px;top:calc(.5lh - 15px);min-width:38px;padding:0 9px;border:1px solid var(--line);border-radius:15px 15px 15px 3px;background:var(--surface);color:var(--soft);font:600 13px/28px var(--sans);text-align:center}
.bubble:hover,.bubble.fresh{border-color:var(--accent);color:var(--accent)}.bubble.fresh{background:var(--wash)}
.fresh:after{content:"";position:absolute;inset-inline-end:-2px;top:-2px;border:4px solid;border-radius:50%}`;

  const [tokens, rows] = [TOKENS, ROWS].map((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return sheet;
  });

  /** @param {string} tag @param {Node} child */
  const host = (tag, child) => {
    const made = document.createElement(tag);
    const root = made.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [tokens, rows];
    root.append(child);
    return made;
  };

  /** @param {string} key @returns {any} */
  const recall = (key) => {
    try {
      return JSON.parse(localStorage[`postil:${key}`]);
    } catch {}
  };

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  const ask = async (path, body) => {
    const headers = { ...article.headers, ...(body && { "Content-Type": "application/json" }) };
    const write = body && { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${service}v1/${path}`, { headers, ...write, credentials: "omit" });
    if (!response.ok) throw new Error(`${response.status} ${path}`);
    return response.json();
  };

  /** A face, drawn from the name alone. @param {string} name */
  const face = (name) => {
    let hash = 2166136261;
    for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619);
    hash = Math.imul(hash ^ (hash >>> 15), 739982445);
    hash ^= hash >>> 12;
    let d = "";
    for (let i = 0; i < 15; i++) {
      const [x, y] = [(i / 5) | 0, i % 5];
      if ((hash >> i) & 1) d += `M${x + 1.5} ${y + 1.5}h1v1h-1zM${5.5 - x} ${y + 1.5}h1v1h-1z`;
    }
    const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
    for (const [key, value] of [["class", "face"], ["viewBox", "0 0 8 8"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
    path.setAttribute("d", d);
    svg.append(path);
    svg.style.setProperty("--hue", `${(hash >>> 5) % 360}`);
    return svg;
  };

  /** @type {Postil.Article} */
  let article;

  const panel = () => import(`${modules}panel.js`);

  /** @param {Postil.Place | null} place @param {string} [comment] */
  const open = async (place, comment) => (await panel()).open(article, place, comment);

  // Who comes near the end of an article shows interest in what stands there.
  const end = new IntersectionObserver(async (entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    end.disconnect();
    (await panel()).earlier(article);
  }, { rootMargin: "600px" });

  /** A row at a section's end, and a bubble beside its heading. @type {(section: any, found: any) => Postil.Place} */
  const place = ({ heading, level, id, key, element, end, introduction }, { root, title, sections }) => {
    const [row, faces, count, say, where, news, bubble] = ["row", "faces", "count", "say", "unseen", "new", "bubble"].map(
      (className) => Object.assign(document.createElement(/row|bub/.test(className) ? "button" : "span"), { className, part: className }));
    const what = sections.length > 1 ? "section" : "page";
    const name = heading || (introduction ? "Introduction" : title);
    where.textContent = `: ${name}`;
    row.append(faces, count, say, where, news);
    bubble.tabIndex = -1;
    bubble.ariaHidden = "true";
    const line = host("postil-row", row);
    if (end) end.after(line);
    else root.append(line);
    element?.prepend(host("postil-bubble", bubble));
    const draw = () => {
      const threads = [made.id, ...made.joined].map((id) => article?.known[id ?? ""]).filter((thread) => !!thread);
      const comments = threads.reduce((sum, thread) => sum + thread.comments, 0);
      const seen = recall("seen") ?? {};
      const fresh = threads.reduce((sum, { id, comments }) => sum + Math.max(0, comments - (seen[id] ?? comments)), 0);
      const names = new Set(threads.flatMap(({ faces = [] }) => faces));
      count.textContent = `${comments} comment${comments > 1 ? "s" : ""}`;
      count.hidden = !comments;
      say.textContent = comments ? `on this ${what}` : `Discuss this ${what}`;
      news.textContent = fresh > 0 ? `${fresh} new` : "";
      faces.replaceChildren(...[...names].slice(0, 3).map(face));
      bubble.textContent = `${comments}`;
      bubble.classList.toggle("fresh", fresh > 0);
      const taken = parseFloat(document.documentElement.style.paddingInlineEnd) || 0;
      bubble.hidden = !comments || innerWidth < 1100 || innerWidth - taken - line.getBoundingClientRect().right < 64;
    };
    /** @type {Postil.Place} */
    const made = { heading: name, name: key || id || `${level} ${name}`, id: null, joined: [], row: line, opener: row, draw };
    for (const button of [row, bubble]) {
      button.onclick = () => open(made);
      button.onpointerenter = button.onfocus = panel;
    }
    draw();
    return made;
  };

  /** @type {Postil.Article["views"]} */
  const views = (count) => {
    for (const node of document.querySelectorAll("[data-postil-views]")) node.textContent = `${count}`;
  };

  /** @type {Postil.Article["count"]} */
  const count = (sections) => {
    const { known, places, earlier } = article;
    const all = sections.every(({ id }) => known[id]);
    for (const section of sections) known[section.id] = section;
    for (const place of places) place.draw();
    if (earlier) end.observe(places[places.length - 1].row);
    return all;
  };

  const identify = async () => {
    const { ref, outline, places } = article;
    const query = new URLSearchParams({ url: ref.url, outline: outline.hash, ...(ref.key && { key: ref.key }) });
    /** @type {Postil.Page} */
    let page = await ask(`page?${query}`);
    if (!page.outline) page = await ask("outline", { page: ref, outline });
    for (const [at, place] of places.entries()) {
      place.id = page.outline?.[at] ?? null;
      place.joined = page.joined?.[at] ?? [];
      place.part = page.parts?.[at];
    }
    article.since = page.since;
    article.earlier = page.earlier ?? (article.earlier && []);
    count(page.sections);
    views(page.views);
  };

  /** Once per browser and day. Throws where nothing can be kept. */
  const countView = async () => {
    const day = new Date().toISOString().slice(0, 10);
    const { url } = article.ref;
    const kept = recall("views");
    const today = kept?.day === day ? kept : { day, visit: `${Math.random()}${Math.random()}`, pages: [] };
    if (today.pages.includes(url)) return;
    today.pages.push(url);
    localStorage["postil:views"] = JSON.stringify(today);
    views((await ask("views", { page: article.ref, visit: today.visit, outline: article.outline.hash })).views);
  };

  const follow = () => {
    const id = /^#postil-([\w-]{11})$/.exec(location.hash)?.[1];
    if (id) open(null, id);
  };

  const start = async () => {
    const { findSections, outlineOf, optionsOf } = await import(`${modules}sections.js`);
    const options = optionsOf(script);
    const found = findSections(document, options);
    const canonical = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=canonical]"))?.href;
    // Elsewhere, the canonical address is another site's.
    const url = canonical?.startsWith(`${location.origin}/`) ? canonical : location.href.split("#")[0];
    const ref = { url, key: options.page, title: found.title.slice(0, 300) || undefined };
    const outline = await outlineOf(found.sections);
    const places = found.sections.map((/** @type {any} */ section) => place(section, found));
    article = { service, modules, lang: "en", ref, outline, places, known: {}, since: "", headers: {}, tokens, identify, count, views, face };
    for (const type of ["resize", "postil-room"]) addEventListener(type, () => count([]));
    addEventListener("hashchange", follow);
    await identify();
    follow();
    await countView();
  };
  const go = () => start().catch((error) => console.warn("Postil:", error));
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", go);
  else go();
})();
