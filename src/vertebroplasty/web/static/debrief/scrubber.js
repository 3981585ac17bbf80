// @ts-check
/** One slider for everything on the page that shows a moment; it plays itself where motion is welcome. */

const EVERY_MS = 350;
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @typedef {{t_s: number, ml: number, clock: string}} Moment */

export class Scrubber {
  /**
   * @param {HTMLInputElement} slider @param {HTMLButtonElement} button @param {HTMLElement} told
   * @param {Moment[]} moments @param {Record<string, string>} texts
   */
  constructor(slider, button, told, moments, texts) {
    this.slider = slider;
    this.button = button;
    this.told = told;
    this.moments = moments;
    this.texts = texts;
    this.timer = 0;
    /** @type {((index: number) => void)[]} */
    this.followers = [];
    slider.addEventListener("input", () => { this.pause(); this.show(Number(slider.value)); });
    button.addEventListener("click", () => { if (this.timer) this.pause(); else this.play(); });
  }

  /** Call somebody with every moment shown, and once now. @param {(index: number) => void} follower */
  follow(follower) {
    this.followers.push(follower);
    follower(Number(this.slider.value));
  }

  /** @param {number} index */
  show(index) {
    const { clock, ml } = this.moments[index];
    const words = this.texts.moment.replace("{time}", clock).replace("{ml}", ml.toFixed(2));
    this.slider.value = String(index);
    this.slider.setAttribute("aria-valuetext", words);
    this.told.textContent = words;
    for (const follower of this.followers) follower(index);
  }

  /** The moment nearest to a time. @param {number} t_s */
  showTime(t_s) {
    this.pause();
    const away = this.moments.map((moment) => Math.abs(moment.t_s - t_s));
    this.show(away.indexOf(Math.min(...away)));
  }

  /** Moment after moment to the end; where motion is unwelcome a press shows the next one only. */
  play() {
    const last = this.moments.length - 1;
    const next = () => (Number(this.slider.value) >= last ? 0 : Number(this.slider.value) + 1);
    this.show(next());
    if (STILL.matches) return;
    this.timer = window.setInterval(() => {
      this.show(next());
      if (Number(this.slider.value) === last) this.pause();
    }, EVERY_MS);
    this.said(true);
  }

  pause() {
    window.clearInterval(this.timer);
    this.timer = 0;
    this.said(false);
  }

  /** @param {boolean} playing */
  said(playing) {
    this.button.setAttribute("aria-pressed", String(playing));
    this.button.textContent = playing ? this.texts.pause : this.texts.play;
  }
}
