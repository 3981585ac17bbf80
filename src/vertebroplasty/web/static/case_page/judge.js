// @ts-check
/** Asking the server about the needle: one question at a time, the latest needle wins. */
import { post } from "/static/common/post.js";

export class Judge {
  /** @param {string} address @param {(answer: any) => void} answered @param {(sentence: string) => void} refused */
  constructor(address, answered, refused) {
    this.address = address;
    this.answered = answered;
    this.refused = refused;
    /** @type {any} */ this.wanted = null;
    this.busy = false;
    this.tookMs = 0;
  }

  /** @param {any} needle as the server takes it */
  async ask(needle) {
    this.wanted = needle;
    if (this.busy) return;
    this.busy = true;
    while (this.wanted) {
      const asked = this.wanted;
      this.wanted = null;
      const begin = performance.now();
      try {
        const answer = await post(this.address, asked);
        this.tookMs = performance.now() - begin;
        this.answered(answer);
      } catch (error) {
        if (!this.wanted) this.refused(/** @type {Error} */ (error).message);
      }
    }
    this.busy = false;
  }

  /** Forget what has not been asked yet. */
  forget() {
    this.wanted = null;
  }
}
