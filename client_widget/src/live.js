// @ts-check
/**
 * What changes on the page, as it changes: one socket, and polling with the same cursor where sockets do not
 * get through. Whoever listens takes the messages of the socket; an answer to a poll is told in the same words.
 */

/** @typedef {import("./api.js").Api} Api */
/**
 * @typedef {object} Listener
 * @property {() => (string | {outline: string, index: number})[]} sections whose comments are shown
 * @property {() => string} since
 * @property {(message: Postil.LiveMessage) => void} receive
 * @property {(state: "live" | "connecting" | "polling" | "offline") => void} state
 */

const POLL = 15000;
/** Polls after which the socket is tried again. */
const PATIENCE = 8;
/** The most that is waited between two attempts, in milliseconds. */
const MOST = 30000;
/** How long a socket holds before it is trusted, in milliseconds. */
const STEADY = 10000;
const TOKEN_REVOKED = 4401;

export class Live {
  /** @type {WebSocket | null} */
  #socket = null;
  #refused = 0;
  #tries = 0;
  #polls = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Api} api @param {Listener} listener */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
    const wake = () => this.#wake();
    document.addEventListener("visibilitychange", wake);
    addEventListener("online", wake);
  }

  /** Watch afresh, from the listener's `since`; also after the viewer's rights changed. */
  start() {
    clearTimeout(this.#timer);
    const old = this.#socket;
    this.#socket = null;
    old?.close();
    this.#connect();
  }

  /** Say which sections are shown now. */
  show() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#send({ type: "show", sections: this.listener.sections() });
  }

  #connect() {
    const socket = (this.#socket = new WebSocket(`${this.api.service.replace(/^http/, "ws")}v1/live`));
    let opened = 0;
    this.listener.state("connecting");
    socket.onopen = () => {
      opened = Date.now();
      this.#refused = 0;
      this.#watch();
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code, opened);
  }

  #watch() {
    const { api, listener } = this;
    const { url, key } = api.ref;
    this.#send({
      type: "watch",
      page: { url, key },
      outline: api.outline?.hash,
      sections: listener.sections(),
      since: listener.since() || undefined,
      author: api.author ?? undefined,
      token: api.grant?.token,
    });
  }

  /** @param {object} message */
  #send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  /** @param {Postil.LiveMessage} message */
  #hear(message) {
    if (message.type === "error") return;
    this.listener.state("live");
    this.listener.receive(message);
  }

  /** @param {number} code @param {number} opened when, 0 for never */
  #closed(code, opened) {
    this.#socket = null;
    if (!opened) this.#refused++;
    // One that closes at once does not count as up again: the waits go on growing.
    else if (Date.now() - opened > STEADY) this.#tries = 0;
    if (code === TOKEN_REVOKED) this.api.setGrant(null);
    if (code === TOKEN_REVOKED) this.listener.receive({ type: "resync", since: "" });
    if (this.#refused >= 2) return this.#poll();
    this.listener.state(navigator.onLine ? "connecting" : "offline");
    // Full jitter: after a restart of the service its readers come back spread out.
    this.#later(Math.random() * Math.min(MOST, 1000 * 2 ** ++this.#tries), () => this.#connect());
  }

  async #poll() {
    this.listener.state("polling");
    try {
      const section = this.listener.sections().filter((one) => typeof one === "string");
      this.#tell(await this.api.changes(this.listener.since(), section), section);
    } catch {
      this.listener.state("offline");
    }
    if (this.#socket) return;
    this.#later(POLL, () => (++this.#polls % PATIENCE ? this.#poll() : this.#connect()));
  }

  /** @param {Postil.Changes} changes @param {string[]} shown */
  #tell({ since, resync, sections, comments, gone, views }, shown) {
    const { receive } = this.listener;
    if (resync) return receive({ type: "resync", since });
    for (const section of shown) {
      const news = comments.filter((comment) => comment.section === section);
      if (news.length + gone.length) receive({ type: "changes", section, comments: news, gone });
    }
    receive({ type: "counts", since, sections, views });
  }

  /** @param {number} wait @param {() => void} act once the page is in sight */
  #later(wait, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => document.hidden || act(), wait);
  }

  #wake() {
    if (document.hidden || this.#socket) return;
    clearTimeout(this.#timer);
    this.#connect();
  }
}
