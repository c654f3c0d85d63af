// @ts-check
/**
 * The script tag. Finds the sections, asks for the page once, and puts a row at the end of each section;
 * all else is imported when a reader shows interest.
 *
 * Every host is a `postil-*` element with an open shadow root. Parts: row, bubble.
 */
(() => {
  const script = /** @type {HTMLScriptElement | null} */ (
    document.currentScript ?? document.querySelector('script[src$="/postil.js"]'));
  if (!script || document.querySelector("postil-row")) return;
  const service = new URL(".", script.src).href;
  const modules = `${service}w/__POSTIL_VERSION__/`;

  const TOKENS = `:host{all:initial;color-scheme:inherit;
--ink:var(--postil-ink,light-dark(#1f2328,#e4e2dd));--soft:var(--postil-soft,light-dark(#646a71,#979ca4));
--surface:var(--postil-surface,light-dark(#fff,#1c1f24));--sunk:var(--postil-sunk,light-dark(#f5f3ee,#14161a));
--line:var(--postil-line,light-dark(#e6e2da,#2b2f36));--accent:var(--postil-accent,light-dark(#0f62a8,#7ab8ef));
--wash:var(--postil-wash,light-dark(#eaf2fa,#1d2c3b));--on-accent:var(--postil-on-accent,light-dark(#fff,#14161a));
--good:light-dark(#2f7d4f,#74c295);--warn:light-dark(#8a5200,#e0aa5a);--bad:light-dark(#a8321f,#ef9080);
--sans:var(--postil-font,system-ui,sans-serif);font:15px/1.5 var(--sans);color:var(--ink)}
button{all:unset;box-sizing:border-box;cursor:pointer;-webkit-tap-highlight-color:transparent}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[hidden]{display:none!important}.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
svg.face{border-radius:50%;flex:none;background:var(--sunk)}@media print{:host{display:none!important}}`;
  const ROWS = `:host{display:block}:host(postil-row){margin:28px 0 44px;clear:both}
.row{display:flex;align-items:center;gap:12px;width:100%;min-height:48px;padding:8px 0;border-block:1px solid var(--line);color:var(--soft)}
.row b{color:var(--accent);font-weight:600}.row:hover .say,.row:hover b{text-decoration:underline;text-underline-offset:3px}
.faces{display:flex}.faces:empty{display:none}.faces svg{margin-inline-end:-5px;border:2px solid var(--surface)}
.row>*{white-space:nowrap}.say{overflow:hidden;text-overflow:ellipsis}.new{margin-inline-start:auto;color:var(--accent);font:600 13px/1.5 var(--sans)}
@media (max-width:480px){.row{gap:8px}.row:has(.new:not(:empty)) .faces{display:none}}
:host(postil-bubble){font:inherit;float:inline-end;width:0;height:0;position:relative}
.bubble{position:absolute;inset-inline-start:20px;top:calc(.5lh - 15px);min-width:38px;height:30px;padding:0 9px;border:1px solid var(--line);border-radius:15px 15px 15px 3px;background:var(--surface);color:var(--soft);font:600 13px/28px var(--sans);text-align:center}
.bubble:hover{color:var(--accent);border-color:var(--accent)}.bubble.fresh{background:var(--wash);border-color:var(--accent);color:var(--accent)}
.fresh:after{content:"";position:absolute;inset-inline-end:-2px;top:-2px;width:7px;height:7px;border-radius:50%;background:var(--accent)}`;

  /** @param {string} css */
  const sheet = (css) => {
    const made = new CSSStyleSheet();
    made.replaceSync(css);
    return made;
  };
  const tokens = sheet(TOKENS);
  const rows = sheet(ROWS);

  /** @param {string} tag @param {string} [className] @returns {any} */
  const make = (tag, className = "") => Object.assign(document.createElement(tag), { className });

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
      return JSON.parse(localStorage.getItem(`postil:${key}`) ?? "{}");
    } catch {}
  };

  /** @param {string} key @param {object} value */
  const keep = (key, value) => {
    try {
      localStorage.setItem(`postil:${key}`, JSON.stringify(value));
      return true;
    } catch {}
  };

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  const ask = async (path, body) => {
    const headers = { ...article?.headers, ...(body && { "Content-Type": "application/json" }) };
    const method = body ? "POST" : "GET";
    const response = await fetch(`${service}v1/${path}`, { method, headers, body: body && JSON.stringify(body), credentials: "omit" });
    if (!response.ok) throw new Error(`Postil: ${response.status} for ${path}`);
    return response.json();
  };

  /** A person's face, drawn from the name alone: nobody else is asked. @param {string} name */
  const face = (name) => {
    let hash = 2166136261;
    for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619);
    hash ^= hash >>> 15;
    let d = "";
    for (let i = 0; i < 15; i++) {
      const [x, y] = [(i / 5) | 0, i % 5];
      if ((hash >> i) & 1) d += `M${x + 1.5} ${y + 1.5}h1v1h-1zM${5.5 - x} ${y + 1.5}h1v1h-1z`;
    }
    const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
    const hue = (hash >>> 16) % 360;
    svg.classList.add("face");
    svg.style.background = `hsl(${hue} 40% 88%)`;
    path.style.fill = `hsl(${hue} 45% 36%)`;
    svg.setAttribute("viewBox", "0 0 8 8");
    svg.setAttribute("width", "22");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", d);
    svg.append(path);
    return /** @type {SVGSVGElement} */ (svg);
  };

  /** @type {Postil.Article} */
  let article;
  /** Every section of the page, also those that stand in other outlines. @type {Set<string>} */
  const ids = new Set();

  const panel = () => import(`${modules}panel.js`);

  /** @param {Postil.Place | null} place @param {string} [comment] */
  const open = async (place, comment) => (await panel()).open(article, place, comment);

  /** Put a section's row at its end, and its bubble beside its heading. @param {any} section @param {any} found @returns {Postil.Place} */
  const place = ({ heading, level, id, key, element, end, introduction }, { root, title, sections }) => {
    const [row, faces, count, say, where, news, bubble] = ["button", "span", "b", "span", "span", "span", "button"].map(
      (tag, i) => make(tag, ["row", "faces", "", "say", "unseen", "new", "bubble"][i]));
    const what = sections.length > 1 ? "section" : "page";
    const name = heading || (introduction ? "Introduction" : title);
    where.textContent = `: ${name}`;
    row.append(faces, count, say, where, news);
    row.part = "row";
    Object.assign(bubble, { part: "bubble", tabIndex: -1, ariaHidden: "true" });
    const line = host("postil-row", row);
    if (end) end.after(line);
    else root.append(line);
    element?.prepend(host("postil-bubble", bubble));
    const draw = () => {
      const { comments = 0, faces: names = [] } = /** @type {Partial<Postil.Section>} */ (made.known ?? {});
      const seen = recall("seen")?.[made.id ?? ""] ?? comments;
      const fresh = Math.max(0, comments - seen);
      count.textContent = `${comments} comment${comments > 1 ? "s" : ""}`;
      count.hidden = !comments;
      say.textContent = comments ? `on this ${what}` : `Discuss this ${what}`;
      news.textContent = fresh ? `${fresh} new` : "";
      faces.replaceChildren(...names.map(face));
      bubble.textContent = comments || "+";
      bubble.classList.toggle("fresh", fresh > 0);
      const room = document.documentElement.getBoundingClientRect().right - parseFloat(getComputedStyle(document.documentElement).paddingRight);
      bubble.hidden = innerWidth < 1100 || room - line.getBoundingClientRect().right < 64;
    };
    /** @type {Postil.Place} */
    const made = { heading: name, level, name: key || id || `${level} ${name}`, id: null, known: null, row: line, opener: row, draw };
    for (const button of [row, bubble]) {
      button.onclick = () => open(made);
      button.onpointerenter = button.onfocus = panel;
    }
    draw();
    return made;
  };

  /** @param {number} count */
  const views = (count) => {
    const text = `${count} view${count === 1 ? "" : "s"}`;
    for (const node of document.querySelectorAll("[data-postil-views]")) node.textContent = text;
  };

  /** Take changed counts in; false when a section is not known to stand here. @param {Postil.Section[]} sections */
  const count = (sections) => {
    for (const section of sections) {
      const found = article.places.find(({ id }) => id === section.id);
      if (!found) continue;
      found.known = section;
      found.draw();
    }
    return sections.every(({ id }) => ids.has(id));
  };

  /** Ask what the page has: which section stands where, counts, and since when. */
  const identify = async () => {
    const { ref, outline, places } = article;
    const query = new URLSearchParams({ url: ref.url, outline: outline.hash, ...(ref.key && { key: ref.key }) });
    const page = await ask(`page?${query}`);
    const stands = page.outline ?? (page.sections.length ? (await ask("outline", { page: ref, outline })).sections : []);
    for (const [at, place] of places.entries()) place.id = stands[at] ?? null;
    article.since = page.since;
    for (const { id } of page.sections) ids.add(id);
    count(page.sections);
    views(page.views);
  };

  /** Once per browser and day. Where nothing can be kept, nothing is counted. */
  const countView = async () => {
    const day = new Date().toISOString().slice(0, 10);
    const { url } = article.ref;
    const kept = recall("views");
    const today = kept?.day === day ? kept : { day, visit: crypto.getRandomValues(new Uint32Array(4)).join("-"), pages: [] };
    if (today.pages.includes(url)) return;
    today.pages.push(url);
    if (keep("views", today)) views((await ask("views", { page: article.ref, visit: today.visit })).views);
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
    // A canonical address on another origin is another site's to speak for.
    const url = canonical?.startsWith(`${location.origin}/`) ? canonical : location.href.split("#")[0];
    const ref = { url, key: options.page, title: found.title.slice(0, 300) || undefined };
    const outline = await outlineOf(found.sections);
    const places = found.sections.map((/** @type {any} */ section) => place(section, found));
    article = { service, ref, outline, places, since: "", headers: {}, tokens, identify, count, views, face };
    const redraw = () => places.forEach((/** @type {Postil.Place} */ { draw }) => draw());
    for (const type of ["resize", "postil-room"]) addEventListener(type, redraw);
    addEventListener("hashchange", follow);
    await identify();
    follow();
    await countView();
  };
  const go = () => start().catch((error) => console.warn(error));
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", go);
  else go();
})();
