// @ts-check
/** The two monitors: grey values, the patient's sides, a scale bar, and the aim that is dragged on the picture. */
import { inWords } from "./gantry.js";
import { minutes } from "./minutes.js";
import { lifted, projected } from "./space.js";

const SVG = "http://www.w3.org/2000/svg";
const BAR_MM = 20;
const GRIP = 11;

/** @param {string} name @param {Record<string, any>} values @param {string} [text] */
export function drawn(name, values, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, `${value}`);
  if (text !== undefined) made.textContent = text;
  return made;
}

export class Monitor {
  /**
   * @param {"left" | "right"} side @param {Record<string, string>} texts
   * @param {{aim: () => {entry: any, tip: any} | null, lies: () => boolean, dragged: (what: string, point: any, offset: any) => void}} needle
   */
  constructor(side, texts, needle) {
    this.place = /** @type {HTMLElement} */ (document.getElementById(`monitor-${side}`));
    this.canvas = /** @type {HTMLCanvasElement} */ (this.place.querySelector("canvas"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.overlay = /** @type {SVGSVGElement} */ (this.place.querySelector("svg"));
    this.texts = texts;
    this.needle = needle;
    /** @type {any} */
    this.frame = null;
    /** @type {ImageData | null} */
    this.data = null;
    this.frames = 0;
    this.written = drawn("g", {});
    this.aim = drawn("g", {});
    this.overlay.append(this.written, this.aim);
    this.listen();
  }

  /** @param {any} frame @param {Uint8Array} grey */
  show(frame, grey) {
    if (this.data?.width !== frame.size) {
      this.canvas.width = frame.size;
      this.canvas.height = frame.size;
      this.data = this.context.createImageData(frame.size, frame.size);
      this.data.data.fill(255);
    }
    const rgba = /** @type {ImageData} */ (this.data).data;
    for (let n = 0, at = 0; n < grey.length; n += 1, at += 4) {
      const value = grey[n];
      rgba[at] = value;
      rgba[at + 1] = value;
      rgba[at + 2] = value;
    }
    this.context.putImageData(/** @type {ImageData} */ (this.data), 0, 0);
    this.frames += 1;
    this.place.dataset.frames = `${this.frames}`;
    const moved = !this.frame || this.frame.lao_deg !== frame.lao_deg || this.frame.cranial_deg !== frame.cranial_deg;
    this.frame = frame;
    if (moved) this.write();
    this.live(frame.live);
    if (moved) this.drawAim();
  }

  /** @param {boolean} on */
  live(on) {
    if (!this.frame || this.place.dataset.live === `${on}`) return;
    this.place.dataset.live = `${on}`;
    this.place.classList.toggle("live", on);
    /** @type {HTMLElement} */ (this.place.querySelector(".state")).textContent =
      on ? this.texts.live : `${this.texts.held} ${minutes(this.frame.at_s)}`;
  }

  write() {
    const { frame, texts } = this;
    /** @type {HTMLElement} */ (this.place.querySelector(".empty")).hidden = true;
    /** @type {HTMLElement} */ (this.place.querySelector(".pose")).textContent =
      inWords(texts, [frame.lao_deg, frame.cranial_deg]);
    // A monitor is named for its place; a picture that is neither view says so.
    /** @type {HTMLElement} */ (this.place.querySelector("strong")).textContent = texts[`monitor_${frame.view}`];
    const long = BAR_MM / frame.pixel_mm;
    this.written.replaceChildren(
      drawn("text", { x: 8, y: 264 }, frame.letters[0]),
      drawn("text", { x: 504, y: 264, "text-anchor": "end" }, frame.letters[1]),
      drawn("line", { class: "bar", x1: 500 - long, y1: 500, x2: 500, y2: 500 }),
      drawn("text", { x: 500 - long / 2, y: 491, "text-anchor": "middle" }, `${BAR_MM} mm`),
    );
  }

  drawAim() {
    const aim = this.needle.aim();
    if (!this.frame || !aim) { this.aim.replaceChildren(); return; }
    const [x1, y1] = projected(this.frame.matrix, aim.entry);
    const [x2, y2] = projected(this.frame.matrix, aim.tip);
    const line = { x1, y1, x2, y2 };
    const long = Math.max(Math.hypot(x2 - x1, y2 - y1), 1e-6);
    const [u, v] = [(x2 - x1) / long, (y2 - y1) / long];
    const from = Math.min(GRIP, long / 2);
    const ray = { x1: x1 + u * from, y1: y1 + v * from, x2, y2 };
    const cross = { class: "aim", x1: x2 - v * 9, y1: y2 + u * 9, x2: x2 + v * 9, y2: y2 - u * 9 };
    this.aim.setAttribute("class", this.needle.lies() ? "lying" : "");
    this.aim.replaceChildren(
      drawn("line", { class: "aim-ground", ...ray }),
      drawn("line", { class: "aim", ...ray }),
      drawn("line", { ...cross, "stroke-dasharray": "none" }),
      drawn("line", { class: "shaft", "data-drag": "both", ...line }),
      drawn("circle", { class: "grip", "data-drag": "tip", cx: x2, cy: y2, r: GRIP - 3 }),
      drawn("circle", { class: "grip", "data-drag": "entry", cx: x1, cy: y1, r: GRIP }),
    );
  }

  listen() {
    /** @type {{what: string, depth: number, column: number, row: number} | null} */
    let drag = null;
    const at = (/** @type {PointerEvent} */ event) => {
      const box = this.overlay.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width * 512, (event.clientY - box.top) / box.height * 512];
    };
    this.overlay.addEventListener("pointerdown", (event) => {
      const what = /** @type {Element} */ (event.target).getAttribute("data-drag");
      const aim = this.needle.aim();
      if (!what || !aim || event.button !== 0) return;
      const [column, row] = at(event);
      drag = { what, depth: projected(this.frame.matrix, what === "entry" ? aim.entry : aim.tip)[2], column, row };
      this.overlay.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    this.overlay.addEventListener("pointermove", (event) => {
      if (!drag) return;
      const [column, row] = at(event);
      const before = lifted(this.frame.matrix, drag.column, drag.row, drag.depth);
      const now = lifted(this.frame.matrix, column, row, drag.depth);
      this.needle.dragged(drag.what, now, now.map((v, n) => v - before[n]));
      drag = { ...drag, column, row };
    });
    for (const end of ["pointerup", "pointercancel"]) this.overlay.addEventListener(end, () => { drag = null; });
  }
}
