// @ts-check
/** Speaking with the service: the panel's one use of fetch. Never with cookies; tokens go in headers only. */

import { keep, recall } from "./storage.js";
import { more, t } from "./words.js";

/** A refusal, with a sentence for the reader; `code` "network" when no answer came. */
export class Refusal extends Error {
  /** @param {Partial<Postil.Problem>} problem @param {string} message */
  constructor(problem, message) {
    const { code = "network", status = 0, field = "" } = problem;
    super(message);
    this.problem = problem;
    this.code = code;
    this.status = status;
    this.field = field;
  }
}

/** What the reader is told. @param {Partial<Postil.Problem>} problem @returns {Promise<string>} */
const sentence = async (problem) =>
  t.problems[/** @type {keyof typeof t.problems} */ (problem.code)] ??
  more(import("./refused.js")).then(({ why }) => why(problem), () => t.problems.internal);

/** @param {number} size in bytes */
export const random = (size) => {
  const bytes = crypto.getRandomValues(new Uint8Array(size));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

/** How long to wait before each further attempt of a write that met no answer, in milliseconds. */
const RETRIES = [400, 1200, 3000];

export class Api {
  /** @type {Postil.Grant | null} */
  grant = recall("grant", () => sessionStorage);
  #author = /** @type {string | null} */ (recall("author"));

  /** @param {string} service @param {Postil.PageRef} ref @param {Postil.Outline} [outline] what this copy of the page shows */
  constructor(service, ref, outline) {
    this.service = service;
    this.ref = ref;
    this.outline = outline;
    if (this.grant && this.grant.expires * 1000 < Date.now()) this.setGrant(null);
  }

  /** Who this browser's guest is; null before the first write. */
  get author() {
    return this.#author;
  }

  /** @param {Postil.Grant | null} grant */
  setGrant(grant) {
    this.grant = grant;
    keep("grant", grant, () => sessionStorage);
  }

  /**
   * Read. @param {string} path @param {Record<string, any>} [params] a list gives the name several times
   * @param {boolean} [asAuthor] whether to say who asks
   * @returns {Promise<any>}
   */
  get(path, params = {}, asAuthor = false) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) {
      for (const one of [value].flat()) if (one != null) query.append(name, one);
    }
    return this.#ask("GET", `${path}?${query}`, undefined, asAuthor ? this.#as() : this.#staff());
  }

  /** Read something of this page. @param {string} path @param {Record<string, any>} [params] @param {boolean} [asAuthor] */
  page(path, params, asAuthor) {
    return this.get(`page${path}`, { url: this.ref.url, key: this.ref.key, ...params }, asAuthor);
  }

  /**
   * What changed since a cursor. @param {string} since @param {string | string[]} section whose comments are asked for
   * @returns {Promise<Postil.Changes>}
   */
  async changes(since, section) {
    const { gone, ...rest } = await this.page("/changes", { since, section, outline: this.outline?.hash });
    return { ...rest, gone: Array.isArray(gone) ? gone : Object.keys(gone) };
  }

  /**
   * Write as the guest. The same bytes go again when no answer came: a nonce makes that harmless.
   * @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>}
   */
  async write(method, path, body) {
    if (!this.#author) keep("author", (this.#author = random(32)));
    for (const wait of RETRIES) {
      try {
        return await this.#ask(method, path, body, this.#as());
      } catch (error) {
        if (!(error instanceof Refusal) || error.status || !navigator.onLine) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
      }
    }
    return this.#ask(method, path, body, this.#as());
  }

  /** Decide as a moderator. @param {string} path @param {object | null} [body] @param {string} [method] @returns {Promise<any>} */
  decide(path, body = {}, method = "POST") {
    return this.#ask(method, path, body, this.#staff());
  }

  /** @returns {Record<string, string>} */
  #as() {
    return this.#author ? { "Postil-Author": this.#author } : {};
  }

  /** @returns {Record<string, string>} */
  #staff() {
    return this.grant ? { Authorization: `Bearer ${this.grant.token}` } : {};
  }

  /** @param {string} method @param {string} path @param {object | null | undefined} body @param {Record<string, string>} headers */
  async #ask(method, path, body, headers) {
    const response = await fetch(`${this.service}v1/${path}`, {
      method,
      credentials: "omit",
      headers: body ? { ...headers, "Content-Type": "application/json" } : headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    }).catch(() => {
      throw new Refusal({}, t.problems.network);
    });
    const answer = response.status === 204 ? null : await response.json().catch(() => ({}));
    if (response.status === 401 && headers.Authorization) this.setGrant(null);
    if (!response.ok) throw new Refusal({ code: "internal", ...answer, status: response.status }, await sentence(answer));
    return answer;
  }
}
