// @ts-check
/** Pressure and volume over the session's time. */
import uPlot from "/static/vendor/uplot-1.6.32/uPlot.esm.js";
import { minutes } from "./minutes.js";

const EVERY_S = 0.4;
const DRAWN_MS = 250;
const MOST = 2400;
const SOFT = "#a5b0bb";

export class Chart {
  /** @param {HTMLElement} place @param {Record<string, string>} texts */
  constructor(place, texts) {
    this.place = place;
    this.drawn = 0;
    /** @type {number[][]} */
    this.data = [[], [], []];
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const font = `${0.7 * rem}px system-ui`;
    const axis = { stroke: SOFT, font, grid: { stroke: "#28313a" }, ticks: { stroke: "#28313a" } };
    this.plot = new uPlot({
      width: 200, height: 120, padding: [6, 4, 0, 0], cursor: { show: false }, legend: { live: false },
      scales: { x: { time: false }, kPa: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ high) => [0, Math.max(high || 0, 500)] }, ml: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ high) => [0, Math.max(high || 0, 1)] } },
      series: [{}, { label: `${texts.pressure} (kPa)`, scale: "kPa", stroke: "#ffb347", width: rem / 10, points: { show: false } }, { label: `${texts.injected} (ml)`, scale: "ml", stroke: "#4fb3ff", width: rem / 7, dash: [rem / 2, rem / 4], points: { show: false } }],
      axes: [{ ...axis, size: 1.5 * rem, values: (/** @type {any} */ _, /** @type {number[]} */ found) => found.map(minutes) }, { ...axis, scale: "kPa", size: 2.9 * rem }, { ...axis, scale: "ml", side: 1, size: 2.4 * rem, grid: { show: false } }],
    }, this.data, place);
    new ResizeObserver(() => this.fit()).observe(place.parentElement ?? place);
    this.fit();
  }

  fit() {
    const box = (this.place.parentElement ?? this.place).getBoundingClientRect();
    const legend = this.place.querySelector(".u-legend")?.getBoundingClientRect().height ?? 0;
    this.plot.setSize({ width: Math.max(box.width - 10, 60), height: Math.max(box.height - legend - 10, 40) });
  }

  /** @param {number} t_s @param {number} kpa @param {number} ml @param {boolean} held */
  add(t_s, kpa, ml, held) {
    const [times, pressures, volumes] = this.data;
    const last = times.at(-1) ?? -Infinity;
    if (t_s - last < EVERY_S && !(held && pressures.at(-1) !== kpa && t_s > last)) return;
    times.push(t_s);
    pressures.push(kpa);
    volumes.push(ml);
    if (times.length > MOST) for (const row of this.data) row.splice(0, row.length - MOST);
    if (performance.now() - this.drawn < DRAWN_MS) return;
    this.drawn = performance.now();
    this.plot.setData(this.data);
  }

  /** The past, from the log: between two pushes the manometer stood at nothing. @param {any[]} events */
  recall(events) {
    this.data = [[0], [0], [0]];
    const point = (/** @type {number} */ t_s, /** @type {number} */ kpa, /** @type {number} */ ml) => {
      [t_s, kpa, ml].forEach((value, n) => this.data[n].push(value));
    };
    let [end_s, ml] = [0, 0];
    for (const event of events) {
      if (event.event !== "pushed" || event.t_s <= end_s) continue;
      if (event.begin_s - end_s > EVERY_S) { point(end_s, 0, ml); point(event.begin_s, 0, ml); }
      [end_s, ml] = [event.t_s, event.injected_ml];
      point(end_s, event.pressure_kpa ?? 0, ml);
    }
    point(end_s, 0, ml);
    this.plot.setData(this.data);
  }
}
