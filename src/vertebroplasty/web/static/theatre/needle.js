// @ts-check
/** The needle that is aimed: by the plan, by numbers in the vertebra's own axes, or dragged on a monitor. */
import { norm, plus, toLocal, toWorld } from "./space.js";

/** @typedef {import("./space.js").Point} Point */

const DEGREES = 180 / Math.PI;
const LEAST_MM = 2;
const SAME_MM = 0.05;
const FIELDS = ["entry-right", "entry-front", "entry-head", "medial", "tilt", "depth"];
/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);

export class Needle {
  /** @param {any} offered @param {Record<string, string>} texts @param {{place: (n: number, entry: Point, tip: Point) => void, changed: () => void}} told */
  constructor(offered, texts, told) {
    this.offered = offered;
    this.texts = texts;
    this.told = told;
    this.number = 1;
    /** @type {Record<string, {entry_lps_mm: Point, tip_lps_mm: Point}>} */
    this.placed = {};
    /** @type {Record<number, {entry: Point, tip: Point, path: string}>} */
    this.aims = {};
    for (const id of FIELDS) by(id).addEventListener("input", () => this.read());
    for (const button of document.querySelectorAll("[data-depth]")) {
      button.addEventListener("click", () => this.deeper(Number(/** @type {HTMLElement} */ (button).dataset.depth)));
    }
    by("path").addEventListener("change", () => { if (by("path").value !== "free") this.choose(by("path").value); });
    by("needle-number").addEventListener("change", () => this.take(Number(by("needle-number").value)));
    by("place").addEventListener("click", () => this.place());
    this.take(1);
  }

  get now() { return this.aims[this.number]; }
  get inside() { return `${this.number}` in this.placed; }

  /** Whether the needle lies as it is aimed. */
  lies() {
    const there = this.placed[`${this.number}`];
    if (!there) return false;
    const off = [plus(this.now.entry, there.entry_lps_mm, -1), plus(this.now.tip, there.tip_lps_mm, -1)];
    return off.every((each) => norm(each) < SAME_MM);
  }

  /** Aim with another needle. @param {number} number */
  take(number) {
    this.number = number;
    by("needle-number").value = `${number}`;
    if (!this.now) this.choose(`${Math.min(number - 1, this.offered.paths.length - 1)}`);
    else this.write();
  }

  /** Aim along a planned path. @param {string} index */
  choose(index) {
    const path = this.offered.paths[Number(index)];
    const { frame } = this.offered;
    this.aims[this.number] = path
      ? { entry: path.entry, tip: path.tip, path: index }
      : { entry: toWorld(frame, [15, -45, 5]), tip: toWorld(frame, [5, 0, 0]), path: "free" };
    this.write();
  }

  /** What the server knows of the needles in place. @param {Record<string, any>} placed */
  lie(placed) {
    const fresh = Object.keys(placed).filter((number) => !(number in this.aims));
    for (const number of fresh) this.aims[Number(number)] = { entry: placed[number].entry_lps_mm, tip: placed[number].tip_lps_mm, path: "free" };
    const moved = JSON.stringify(placed) !== JSON.stringify(this.placed);
    this.placed = placed;
    if (moved) this.told.changed();
    const word = this.texts[this.inside ? "move" : "place"];
    if (by("place").textContent !== word) by("place").textContent = word;
    if (by("withdraw").disabled === this.inside) by("withdraw").disabled = !this.inside;
  }

  /** Take up needles that lie already, after a reload. @param {Record<string, any>} placed */
  resume(placed) {
    for (const [number, path] of Object.entries(placed)) this.aims[Number(number)] = { entry: path.entry_lps_mm, tip: path.tip_lps_mm, path: "free" };
    this.write();
  }

  place() { this.told.place(this.number, this.now.entry, this.now.tip); }

  /** @param {number} mm */
  deeper(mm) {
    const { entry, tip } = this.now;
    const along = plus(tip, entry, -1);
    const long = norm(along);
    this.set({ tip: plus(entry, along, Math.max(long + mm, LEAST_MM) / long) });
  }

  /** @param {string} what @param {Point} point @param {Point} offset */
  dragged(what, point, offset) {
    const { entry, tip } = this.now;
    if (what === "both") this.set({ entry: plus(entry, offset), tip: plus(tip, offset) });
    else this.set({ [what]: point });
  }

  /** @param {Partial<{entry: Point, tip: Point}>} change */
  set(change) {
    this.aims[this.number] = { ...this.now, ...change, path: "free" };
    this.write();
  }

  /** Numbers from the aim. */
  write() {
    const { entry, tip, path } = this.now;
    const { frame } = this.offered;
    const from = toLocal(frame, entry);
    const along = plus(toLocal(frame, tip), from, -1);
    const long = norm(along);
    const inward = from[0] > 0 ? -1 : 1;
    const values = [...from, inward * Math.atan2(along[0], along[1]) * DEGREES, Math.asin(along[2] / long) * DEGREES, long];
    FIELDS.forEach((id, n) => { if (document.activeElement !== by(id)) by(id).value = values[n].toFixed(1); });
    by("path").value = path;
    this.told.changed();
  }

  /** The aim from numbers. */
  read() {
    const values = FIELDS.map((id) => by(id).valueAsNumber);
    if (values.some((value) => !Number.isFinite(value)) || values[5] < LEAST_MM) return;
    const [right, front, head, medial, tilt, depth] = values;
    const inward = right > 0 ? -1 : 1;
    const [around, up] = [inward * medial / DEGREES, tilt / DEGREES];
    /** @type {Point} */
    const along = [Math.sin(around) * Math.cos(up), Math.cos(around) * Math.cos(up), Math.sin(up)];
    const { frame } = this.offered;
    const entry = toWorld(frame, [right, front, head]);
    this.set({ entry, tip: toWorld(frame, plus([right, front, head], along, depth)) });
  }
}
