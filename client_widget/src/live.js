// @ts-check
/**
 * What changes on the page, as it changes: one socket, which comes back by itself. Where sockets do not get through,
 * polling with the same cursor: poll.js. The panel takes the messages of the socket.
 */

/** The most that is waited between two attempts, in milliseconds. */
const MOST = 30000;
/** How long a socket holds before it is trusted, in milliseconds. */
const STEADY = 10000;
/** How often others are told that somebody writes, at most, in milliseconds. */
const OFTEN = 5000;
const TOKEN_REVOKED = 4401;

export class Live {
  /** @type {WebSocket | null} */
  socket = null;
  #refused = 0;
  #tries = 0;
  #wrote = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    document.addEventListener("visibilitychange", this.#wake);
    addEventListener("online", this.#wake);
  }

  /** Watch afresh, from what is known; also after the viewer's rights changed. */
  start() {
    const { panel } = this;
    const { api, article, frame } = panel;
    this.#drop();
    const socket = (this.socket = new WebSocket(`${api.service.replace(/^http/, "ws")}v1/live`));
    let opened = 0;
    frame.live("connecting");
    socket.onopen = () => {
      opened = Date.now();
      this.#refused = 0;
      const { url, key } = api.ref;
      this.#send("watch", {
        page: { url, key },
        outline: article.outline.hash,
        sections: panel.sections(),
        since: article.since || undefined,
        author: api.author ?? undefined,
        token: api.grant?.token,
        presence: article.presence || undefined,
      });
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (socket !== this.socket || message.type === "error") return;
      frame.live("live");
      panel.receive(message);
    };
    socket.onclose = ({ code }) => socket === this.socket && this.#closed(code, opened);
  }

  #drop() {
    clearTimeout(this.#timer);
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }

  /** It will not be needed again. */
  stop() {
    this.#drop();
    document.removeEventListener("visibilitychange", this.#wake);
    removeEventListener("online", this.#wake);
  }

  /** Say which sections are shown now. */
  show() {
    this.#send("show", { sections: this.panel.sections() });
  }

  /** Let others see that somebody writes here. @param {string | null} section */
  writing(section) {
    if (!section || !this.panel.article.presence || this.socket?.readyState !== 1 || Date.now() - this.#wrote < OFTEN) return;
    this.#wrote = Date.now();
    this.#send("writing", { section });
  }

  /** @param {string} type @param {object} message */
  #send(type, message) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify({ type, ...message }));
  }

  /** @param {number} code @param {number} opened when, 0 for never */
  async #closed(code, opened) {
    const { api, frame } = this.panel;
    this.socket = null;
    if (!opened) this.#refused++;
    // One that closes at once does not count as up again: the waits go on growing.
    else if (Date.now() - opened > STEADY) this.#tries = 0;
    if (code === TOKEN_REVOKED) api.setGrant(null), this.panel.refresh();
    frame.live(navigator.onLine ? "connecting" : "offline");
    // Full jitter: after a restart of the service its readers come back spread out.
    const again = () => this.later(Math.random() * Math.min(MOST, 1000 * 2 ** ++this.#tries), () => this.start());
    if (this.#refused < 2) again();
    else import("./poll.js").then(({ poll }) => void (this.socket || poll(this)), again);
  }

  /** @param {number} wait @param {() => void} act once the page is in sight */
  later(wait, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => document.hidden || act(), wait);
  }

  #wake = () => {
    // Whoever was never started, or was stopped, stays so.
    if (!document.hidden && !this.socket && this.#timer) this.start();
  };
}
