// @ts-check
/** The cement's clock with its phases: big digits, a word, a colour and a pattern each. */
import { minutes } from "./minutes.js";
import { drawn } from "./monitors.js";

const EVERY_MS = 200;
const TAIL = 1.15;
/** Blue to orange; each has a pattern of its own. */
const LOOKS = { liquid: ["#9cc9f0", "dots"], pasty: ["#1f77c9", "plain"], closing: ["#ffb347", "stripes"], hardening: ["#d9641c", "crossed"], set: ["#8a8f98", "bricks"] };
/** @type {Record<string, string>} */
const MARKS = { dots: "M3 3h2v2h-2z", plain: "", stripes: "M0 8L8 0", crossed: "M0 0L8 8M0 8L8 0", bricks: "M0 4h8M4 0v4" };
/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);

/** @param {string} prefix @returns {SVGElement} */
function patterns(prefix) {
  const defs = drawn("defs", {});
  for (const [phase, [colour, mark]] of Object.entries(LOOKS)) {
    const pattern = drawn("pattern", { id: `${prefix}-${phase}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
    pattern.append(drawn("rect", { width: 8, height: 8, fill: colour }));
    if (MARKS[mark]) pattern.append(drawn("path", { d: MARKS[mark], stroke: "#06121c", "stroke-width": 1.6, fill: mark === "dots" ? "#06121c" : "none" }));
    defs.append(pattern);
  }
  return defs;
}

export class Clock {
  /** @param {Record<string, string>} texts */
  constructor(texts) {
    this.texts = texts;
    /** @type {any} */
    this.seen = null;
    this.at = 0;
    this.running = false;
    this.factor = 1;
    this.phase = "";
    this.drawn = "";
    this.band = by("band");
    const swatch = /** @type {SVGElement} */ (document.querySelector(".swatch"));
    swatch.prepend(patterns("swatch"));
    this.swatch = /** @type {SVGElement} */ (swatch.querySelector(":scope > rect"));
    this.swatch.setAttribute("fill", "none");
    window.setInterval(() => this.show(), EVERY_MS);
  }

  /** @param {any} monitor @param {number} factor */
  set(monitor, factor) {
    this.seen = monitor;
    this.at = performance.now();
    this.running = true;
    this.factor = factor;
    this.show();
  }

  stand() { this.running = false; }

  show() {
    if (!this.seen) return;
    const since = this.running ? Math.min((performance.now() - this.at) / 1000, 2) * this.factor : 0;
    by("session").textContent = minutes(this.seen.now_s + since);
    if (this.seen.clock_s === null) return;
    const clock = this.seen.clock_s + since;
    by("clock-digits").textContent = minutes(clock);
    const spans = this.seen.phases;
    const now = spans.find((/** @type {any} */ span) => span.end_s === null || clock < span.end_s) ?? spans.at(-1);
    if (now.phase !== this.phase) {
      this.phase = now.phase;
      by("phase-word").textContent = this.texts[`phase_${now.phase}`];
      this.swatch.setAttribute("fill", `url(#swatch-${now.phase})`);
      by("phase").dataset.phase = now.phase;
    }
    this.drawBand(spans);
    const end = spans.at(-1).start_s * TAIL;
    const x = Math.min(clock / end, 1) * 400;
    for (const line of this.band.querySelectorAll(".cursor")) { line.setAttribute("x1", `${x}`); line.setAttribute("x2", `${x}`); }
  }

  /** @param {any[]} spans */
  drawBand(spans) {
    const key = JSON.stringify(spans);
    if (key === this.drawn) return;
    this.drawn = key;
    const end = spans.at(-1).start_s * TAIL;
    const parts = spans.map((span) => {
      const x = span.start_s / end * 400;
      return drawn("rect", { x, y: 5, width: Math.max((span.end_s ?? end) / end * 400 - x, 0), height: 20, fill: `url(#band-${span.phase})`, stroke: "#0d1014" });
    });
    this.band.replaceChildren(patterns("band"), ...parts,
      drawn("line", { class: "cursor", y1: 0, y2: 30, stroke: "#fff" }));
  }
}
