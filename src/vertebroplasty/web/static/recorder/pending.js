// @ts-check
/**
 * Taps on their way to the server: kept in the browser until each is acknowledged, sent in order, sent again after a
 * failure.  A tap remembers how long it has waited, by the monotonic clock while the page lives, else by the wall clock.
 */
import { post, RefusedByServer } from "../common/post.js";

const AGAIN_MS = 1500;

/** @typedef {{key: string, event: string, level: string, at: number, [more: string]: unknown}} Tap */

export class Pending {
  /**
   * @param {string} recording
   * @param {{done: (told: any) => void, refused: (sentence: string) => void, changed: (count: number) => void}} tell
   */
  constructor(recording, tell) {
    this.address = `/recorder/${recording}`;
    this.store = `taps-${recording}`;
    this.tell = tell;
    this.sending = false;
    /** @type {Tap[]} */
    this.taps = JSON.parse(window.localStorage.getItem(this.store) ?? "[]");
    if (this.taps.length) void this.send();
  }

  /** One more tap; its key. @param {Omit<Tap, "at" | "key">} tap @returns {string} */
  add(tap) {
    const key = `t-${crypto.randomUUID()}`;
    this.taps.push(/** @type {Tap} */ ({ ...tap, key, at: performance.timeOrigin + performance.now() }));
    this.keep();
    void this.send();
    return key;
  }

  /** Why a stop that was tapped: it follows the tap. @param {string} key @param {string} reason */
  because(key, reason) {
    this.taps.push(/** @type {Tap} */ ({ key, reason, event: "", level: "", at: 0 }));
    this.keep();
    void this.send();
  }

  /** @param {Tap} tap @returns {Promise<any>} */
  posted(tap) {
    const { at, ...rest } = tap;
    if (tap.event === "") return post(`${this.address}/reason`, { key: tap.key, reason: tap.reason });
    return post(`${this.address}/taps`, { ...rest, ago_s: Math.max(0, (performance.timeOrigin + performance.now() - at) / 1000) });
  }

  keep() {
    window.localStorage.setItem(this.store, JSON.stringify(this.taps));
    this.tell.changed(this.taps.length);
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    while (this.taps.length) {
      try {
        const told = await this.posted(this.taps[0]);
        this.taps.shift();
        this.keep();
        this.tell.done(told);
      } catch (error) {
        const lost = !(error instanceof RefusedByServer) || error.status === 0 || error.status >= 500 || error.status === 401;
        this.tell.refused(/** @type {Error} */ (error).message);
        if (lost) { await new Promise((resolve) => { window.setTimeout(resolve, AGAIN_MS); }); continue; }
        this.taps.shift();
        this.keep();
      }
    }
    this.sending = false;
  }
}
