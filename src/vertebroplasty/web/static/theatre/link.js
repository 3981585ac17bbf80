// @ts-check
/** The socket: one message, one answer. The browser sets the pace; what was held between two messages is told exactly. */
import { get } from "/static/common/post.js";

const HELD_MS = 30;
const IDLE_MS = 250;
const LONGEST_S = 60;
const NO_ANSWER_MS = 45_000;
const BACK_OFF_MS = [300, 700, 1500, 3000, 5000, 8000];
const CODES = { taken: 4001, notOpen: 4002 };
export const RESTARTED = "theatre-restarted";

/** @typedef {{rate_ml_per_s?: number, pressure_kpa?: number, needle?: number}} Push */
/** @typedef {{push: Push | null, pedal: boolean, planes: number, factor: number}} Hands */
/** @typedef {{elapsed_s: number, hands: Hands, actions: any[]}} Stretch */

export class Link {
  /**
   * @param {string} id
   * @param {{answer: (header: any, pixels: Uint8Array[], first: boolean) => void, refused: (sentence: string) => void,
   *   lost: () => void, found: () => void, taken: () => void, notSent: () => void}} told
   */
  constructor(id, told) {
    this.id = id;
    this.told = told;
    /** @type {Hands} */
    this.hands = { push: null, pedal: false, planes: 1, factor: 1 };
    /** @type {Stretch[]} */
    this.waiting = [];
    this.seq = 0;
    this.tries = 0;
    this.busy = true;
    this.first = true;
    this.over = false;
    this.since = performance.now();
    this.sent = 0;
    this.timer = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.open();
  }

  get ready() { return this.socket?.readyState === WebSocket.OPEN && !this.first; }

  open() {
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${window.location.host}/theatre/${this.id}/socket`);
    socket.binaryType = "arraybuffer";
    this.first = true;
    this.busy = true;
    this.waiting = [];
    this.socket = socket;
    socket.addEventListener("message", (event) => this.came(event.data));
    socket.addEventListener("close", (event) => { if (this.socket === socket) this.closed(event.code); });
  }

  /** @param {ArrayBuffer} data */
  came(data) {
    const length = new DataView(data).getUint32(0);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    let at = 4 + length;
    const pixels = (header.frames ?? []).map((/** @type {any} */ frame) => {
      const part = new Uint8Array(data, at, frame.size * frame.size);
      at += part.length;
      return part;
    });
    window.clearTimeout(this.watch);
    this.busy = false;
    const first = header.ok && this.first;
    if (first) { this.first = false; this.tries = 0; this.since = performance.now(); this.told.found(); }
    this.over ||= header.code === "taken";
    // The next message goes first: the server works out the next picture while this one is drawn.
    this.plan();
    if (header.ok) this.told.answer(header, pixels, first);
    else if (this.over) this.told.taken();
    else if (header.code !== "reload") this.told.refused(header.error);
  }

  /** What the hands do from now on. @param {Partial<Hands>} change */
  hold(change) {
    if (Object.entries(change).every(([key, value]) => JSON.stringify(this.hands[/** @type {keyof Hands} */ (key)]) === JSON.stringify(value))) return;
    this.cut([]);
    this.hands = { ...this.hands, ...change };
    this.plan();
  }

  /** Something is done now. @param {...any} actions */
  act(...actions) {
    if (!this.ready) { this.told.notSent(); return; }
    this.cut(actions);
    this.plan();
  }

  /** End the present stretch of time. @param {any[]} actions */
  cut(actions) {
    const now = performance.now();
    const elapsed = Math.min((now - this.since) / 1000, LONGEST_S);
    this.since = now;
    if (this.ready) this.waiting.push({ elapsed_s: elapsed, hands: { ...this.hands }, actions });
  }

  plan() {
    window.clearTimeout(this.timer);
    if (!this.ready || this.busy || this.over) return;
    const due = this.waiting.length ? 0 : this.sent + (this.hands.push || this.hands.pedal ? HELD_MS : IDLE_MS) - performance.now();
    if (due <= 0) this.send();
    else this.timer = window.setTimeout(() => this.send(), due);
  }

  send() {
    if (!this.ready || this.busy) return;
    if (!this.waiting.length) this.cut([]);
    const stretch = /** @type {Stretch} */ (this.waiting.shift());
    const { hands, elapsed_s, actions } = stretch;
    this.busy = true;
    this.sent = performance.now();
    this.seq += 1;
    this.watch = window.setTimeout(() => this.socket?.close(), NO_ANSWER_MS);
    this.socket?.send(JSON.stringify({ seq: this.seq, elapsed_s, ...hands, actions }));
  }

  /** Everything sent and answered. @returns {Promise<void>} */
  async settled() {
    while (this.ready && (this.busy || this.waiting.length)) await new Promise((done) => { window.setTimeout(done, 20); });
  }

  leave() { this.over = true; this.socket?.close(); }

  /** @param {number} code */
  async closed(code) {
    window.clearTimeout(this.timer);
    window.clearTimeout(this.watch);
    this.first = true;
    if (this.over || code === CODES.taken) return;
    if (code === CODES.notOpen) { window.location.reload(); return; }
    this.hands = { ...this.hands, push: null, pedal: false };
    this.told.lost();
    await new Promise((done) => { window.setTimeout(done, BACK_OFF_MS[Math.min(this.tries, BACK_OFF_MS.length - 1)]); });
    this.tries += 1;
    try {
      const { boot } = await get("/health");
      if (boot !== document.querySelector('meta[name="boot"]')?.getAttribute("content")) {
        window.sessionStorage.setItem(RESTARTED, "1");
        window.location.reload();
        return;
      }
    } catch { void this.closed(0); return; }
    this.open();
  }
}
