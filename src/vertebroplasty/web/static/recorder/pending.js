// @ts-check
/**
 * Taps on their way to the server: kept in the browser until each is acknowledged, sent in order, sent again after a
 * failure.  A tap remembers how long it has waited, by the monotonic clock while the page lives, else by the wall clock.
 */
import { post, RefusedByServer } from "../common/post.js";

const AGAIN_MS = 1500;
/** What the server has judged and will judge so again; any other answer (signed out, page too old, busy) may change. */
const JUDGED = [400, 409, 422];

/** This moment, comparable across a reload. */
export const moment = () => performance.timeOrigin + performance.now();

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

  /** One more tap, of this moment or one before; its key. @param {Omit<Tap, "at" | "key">} tap @param {number} [at] @returns {string} */
  add(tap, at = moment()) {
    const key = `t-${crypto.randomUUID()}`;
    this.taps.push(/** @type {Tap} */ ({ ...tap, key, at }));
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
    return post(`${this.address}/taps`, { ...rest, ago_s: Math.max(0, (moment() - at) / 1000) });
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
        const lost = !(error instanceof RefusedByServer) || !JUDGED.includes(error.status);
        this.tell.refused(/** @type {Error} */ (error).message);
        if (lost) { await new Promise((resolve) => { window.setTimeout(resolve, AGAIN_MS); }); continue; }
        this.taps.shift();
        this.keep();
      }
    }
    this.sending = false;
  }
}
