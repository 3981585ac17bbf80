// @ts-check
/**
 * One slice on a canvas with the needles drawn over it in millimetres, and the handles to move one.
 *
 * Slices are drawn here and not by the three-dimensional viewer: without a graphics card that takes most of a second for
 * one picture of three slices, and a needle that is dragged must follow the hand.
 */
import { ends, inside } from "./geometry.js";

/** @typedef {import("./geometry.js").Point} Point @typedef {import("./geometry.js").PlaneKind} PlaneKind */
/** @typedef {import("./scene.js").Scene} Scene @typedef {import("./scene.js").End} End */

const SVG = "http://www.w3.org/2000/svg";
const BEHIND_MM = 80; // of the shaft drawn behind the bone entry
const STEP_MM = 1;
const HANDLE_REM = 0.5;
const BAR_MM = 20;
const STEEP = 0.35; // from here on (sine of 20 degrees to the slice) a needle is drawn as the ellipse of its section
const SIDES = [["right", "left"], ["anterior", "posterior"], ["superior", "inferior"]];

/** @param {string} name @param {Record<string, string | number>} attributes @returns {SVGElement} */
function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, `${value}`);
  return made;
}

/** @param {Point} a @param {Point} b */
const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

export class Plane {
  /** @param {HTMLElement} frame @param {PlaneKind} kind @param {Scene} scene @param {Record<string, string>} texts */
  constructor(frame, kind, scene, texts) {
    this.kind = kind;
    this.scene = scene;
    this.texts = texts;
    this.canvas = /** @type {HTMLCanvasElement} */ (frame.querySelector("canvas"));
    this.place = /** @type {HTMLElement} */ (frame.querySelector(".place"));
    this.where = /** @type {HTMLElement} */ (frame.querySelector(".where"));
    this.picture = document.createElement("canvas");
    this.drawn = "";
    this.centre = [0, 0];
    this.scale = 1;
    this.svg = element("svg", { preserveAspectRatio: "none" });
    this.lines = element("g", {});
    this.handles = { entry: this.#handle("entry", texts), tip: this.#handle("tip", texts) };
    this.svg.append(this.lines, this.handles.entry, this.handles.tip);
    this.place.append(this.svg);
    this.place.setAttribute("aria-label", `${texts[kind.name]}: ${texts.slice_keys}`);
    [".up", ".down", ".west", ".east"].forEach((side, n) => {
      /** @type {HTMLElement} */ (frame.querySelector(side)).textContent = texts[kind.letters[n]];
    });
    this.#listen();
    new ResizeObserver(() => { this.recentre(); this.draw(); }).observe(frame);
  }

  /** Position on the screen in mm, right and down. @param {Point} local @returns {[number, number]} */
  onScreen(local) {
    return [this.kind.turn * local[this.kind.across], -local[this.kind.up]];
  }

  /** A point of this slice under a position on the screen; its depth is kept. @param {[number, number]} at @param {Point} from @returns {Point} */
  #under(at, from) {
    const local = /** @type {Point} */ ([...from]);
    local[this.kind.across] = this.kind.turn * at[0];
    local[this.kind.up] = -at[1];
    return local;
  }

  /** @param {PointerEvent | WheelEvent} event @returns {[number, number]} */
  #position(event) {
    const box = this.place.getBoundingClientRect();
    return [
      this.centre[0] + (event.clientX - box.left - box.width / 2) / this.scale,
      this.centre[1] + (event.clientY - box.top - box.height / 2) / this.scale,
    ];
  }

  /** Put the crosshair into the middle where the picture is enlarged. */
  recentre() {
    const span = this.scene.image.span(this.kind);
    const [x, y] = this.onScreen(this.scene.cross);
    this.centre = this.scene.zoom > 1 ? [x, y] : [span.left + span.width / 2, span.top + span.height / 2];
  }

  draw() {
    const width = this.place.clientWidth, height = this.place.clientHeight;
    if (!width || !height) return;
    const { image, look, cross, zoom } = this.scene;
    const span = image.span(this.kind);
    this.scale = Math.min(width / span.width, height / span.height) * zoom;
    const at = cross[this.kind.through];
    const wanted = `${at} ${look.width} ${look.level} ${look.opacity}`;
    if (wanted !== this.drawn) {
      const slice = image.slice(this.kind, at, look);
      this.picture.width = slice.width;
      this.picture.height = slice.height;
      /** @type {CanvasRenderingContext2D} */ (this.picture.getContext("2d")).putImageData(slice, 0, 0);
      this.drawn = wanted;
    }
    const fine = window.devicePixelRatio || 1;
    const sizes = [Math.round(width * fine), Math.round(height * fine)];
    if (this.canvas.width !== sizes[0] || this.canvas.height !== sizes[1]) [this.canvas.width, this.canvas.height] = sizes;
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const scale = this.scale * fine;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, sizes[0], sizes[1]);
    pen.imageSmoothingQuality = "high";
    pen.setTransform(scale, 0, 0, scale, sizes[0] / 2 - scale * this.centre[0], sizes[1] / 2 - scale * this.centre[1]);
    pen.drawImage(this.picture, span.left, span.top, span.width, span.height);
    this.where.textContent = `${this.texts[SIDES[this.kind.through][at >= 0 ? 0 : 1]]} ${Math.abs(at).toFixed(1)} mm`;
    this.overlay();
  }

  /** Needles, crosshair and handles. */
  overlay() {
    const width = this.place.clientWidth / this.scale, height = this.place.clientHeight / this.scale;
    const [left, top] = [this.centre[0] - width / 2, this.centre[1] - height / 2];
    this.svg.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
    const { cross, needle, others, judgedEntry } = this.scene;
    const pixel = 1 / this.scale;
    const [x, y] = this.onScreen(cross);
    const hair = { stroke: "#9fb4c4", "stroke-width": pixel, opacity: 0.55 };
    this.lines.replaceChildren(
      element("line", { x1: left, x2: left + width, y1: y, y2: y, ...hair }),
      element("line", { x1: x, x2: x, y1: top, y2: top + height, ...hair }),
      ...others.flatMap((each) => this.#thin(each.entry, each.tip, each.side === "left" ? "#7cc4ff" : "#ffc46b", 0.75)),
      ...this.#needle(),
      ...(judgedEntry && apart(judgedEntry, needle.entry) > STEP_MM ? [this.#cortex(judgedEntry)] : []),
    );
    const rem = parseFloat(window.getComputedStyle(document.documentElement).fontSize) * pixel;
    const size = HANDLE_REM * rem, foot = top + height - rem;
    const words = element("text", { x: left + rem + BAR_MM + rem / 2, y: foot, fill: "#ffffff", "font-size": 0.8 * rem });
    words.textContent = `${BAR_MM} mm`;
    this.lines.append(
      element("line", { x1: left + rem, x2: left + rem + BAR_MM, y1: foot, y2: foot, stroke: "#ffffff", "stroke-width": 2 * pixel }),
      words,
    );
    for (const end of /** @type {End[]} */ (["entry", "tip"])) {
      const [hx, hy] = this.onScreen(needle[end]);
      this.handles[end].setAttribute("transform", `translate(${hx} ${hy}) scale(${size})`);
      const off = Math.abs(needle[end][this.kind.through] - cross[this.kind.through]) > needle.outerMm / 2;
      this.handles[end].classList.toggle("off", off);
    }
  }

  /** A planned path as a line; dashed on the right side. @param {Point} entry @param {Point} tip @param {string} stroke @param {number} opacity */
  #thin(entry, tip, stroke, opacity) {
    const [[x1, y1], [x2, y2]] = [this.onScreen(entry), this.onScreen(tip)];
    const dash = stroke === "#ffc46b" ? { "stroke-dasharray": `${6 / this.scale} ${4 / this.scale}` } : {};
    return [element("line", { x1, y1, x2, y2, stroke, opacity, "stroke-width": 1.5 / this.scale, ...dash })];
  }

  /** The needle in hand: its projection as a line, and its true thickness where it passes this slice. */
  #needle() {
    const { needle, cross } = this.scene;
    const [a, b] = [needle.entry, needle.tip];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]) || 1;
    const at = (/** @type {number} */ mm) =>
      this.onScreen(/** @type {Point} */ (a.map((value, axis) => value + ((b[axis] - value) * mm) / length)));
    const piece = (/** @type {number} */ from, /** @type {number} */ to, /** @type {Record<string, string | number>} */ look) => {
      const [[x1, y1], [x2, y2]] = [at(from), at(to)];
      return element("line", { x1, y1, x2, y2, ...look });
    };
    const dash = `${3 / this.scale} ${3 / this.scale}`;
    const drawn = [
      piece(-BEHIND_MM, 0, { stroke: "#ffffff", opacity: 0.5, "stroke-width": 1 / this.scale, "stroke-dasharray": dash }),
      piece(0, length, { stroke: "#ffffff", opacity: 0.9, "stroke-width": 1.2 / this.scale }),
    ];
    const slope = (b[this.kind.through] - a[this.kind.through]) / length;
    const offset = cross[this.kind.through] - a[this.kind.through], radius = needle.outerMm / 2;
    if (Math.abs(slope) > STEEP) {
      const met = offset / slope;
      if (met >= -BEHIND_MM && met <= length) drawn.unshift(this.#section(at(met), at(0), at(length), radius, radius / Math.abs(slope)));
      return drawn;
    }
    let [from, to] = [-BEHIND_MM, length];
    if (Math.abs(slope) < 1e-6) {
      if (Math.abs(offset) > radius) return drawn;
    } else {
      const met = [(offset - radius) / slope, (offset + radius) / slope].sort((p, q) => p - q);
      [from, to] = [Math.max(from, met[0]), Math.min(to, met[1])];
    }
    if (to > from) drawn.unshift(piece(from, to, { stroke: "#ff5fd2", opacity: 0.55, "stroke-width": needle.outerMm }));
    return drawn;
  }

  /** The ellipse in which a steep needle passes this slice. @param {number[]} met @param {number[]} start @param {number[]} end @param {number} narrow @param {number} long */
  #section([cx, cy], start, end, narrow, long) {
    const turn = (Math.atan2(end[1] - start[1], end[0] - start[0]) * 180) / Math.PI;
    const transform = `rotate(${turn} ${cx} ${cy})`;
    return element("ellipse", { cx, cy, rx: long, ry: narrow, transform, fill: "#ff5fd2", opacity: 0.55 });
  }

  /** Where the line enters the cortex. @param {Point} local */
  #cortex(local) {
    const [cx, cy] = this.onScreen(local);
    return element("circle", { cx, cy, r: 4 / this.scale, fill: "none", stroke: "#ffffff", "stroke-width": 1.5 / this.scale });
  }

  /** @param {End} end @param {Record<string, string>} texts */
  #handle(end, texts) {
    const colour = end === "entry" ? "#4fb3ff" : "#ffa62b";
    const group = element("g", {
      class: "handle", tabindex: 0, role: "button", "data-end": end,
      "aria-label": `${texts[end]}, ${texts[this.kind.name]}: ${texts.handle_keys}`,
    });
    const shape = end === "entry" ? "M-.8 -.8H.8V.8H-.8Z" : "M0 -1.1L1.1 0L0 1.1L-1.1 0Z";
    group.append(
      element("circle", { class: "ring", r: 1.9, fill: "none", stroke: "#ffffff", "stroke-width": 0.3 }),
      element("circle", { r: 1.9, fill: "transparent" }),
      element("path", { class: "shape", d: shape, stroke: colour, "stroke-width": 0.3 }),
    );
    return group;
  }

  #listen() {
    const { place, kind, scene } = this;
    /** @type {{end: End | null, shift: [number, number]} | null} */
    let held = null;
    place.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const grip = /** @type {Element} */ (event.target).closest(".handle");
      const end = /** @type {End | null} */ (grip?.getAttribute("data-end") ?? null);
      const at = this.#position(event);
      const from = end ? this.onScreen(scene.needle[end]) : at;
      held = { end, shift: [from[0] - at[0], from[1] - at[1]] };
      place.setPointerCapture(event.pointerId);
      /** @type {HTMLElement | SVGElement} */ (/** @type {unknown} */ (grip ?? place)).focus({ preventScroll: true });
      event.preventDefault();
      if (!end) scene.point(inside(scene.image.geometry, this.#under(at, scene.cross)));
    });
    place.addEventListener("pointermove", (event) => {
      if (!held) return;
      const at = this.#position(event);
      at[0] += held.shift[0];
      at[1] += held.shift[1];
      if (held.end) scene.move(held.end, this.#under(at, scene.needle[held.end]));
      else scene.point(inside(scene.image.geometry, this.#under(at, scene.cross)));
    });
    for (const ended of ["pointerup", "pointercancel"]) {
      place.addEventListener(ended, () => { if (held?.end) scene.settle(); held = null; });
    }
    place.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.#through(event.deltaY > 0 ? -1 : 1);
    }, { passive: false });
    place.addEventListener("keydown", (event) => this.#key(event, kind));
  }

  /** One slice on. @param {number} step */
  #through(step) {
    const [low, high] = ends(this.scene.image.geometry, this.kind.through);
    const cross = /** @type {Point} */ ([...this.scene.cross]);
    const next = cross[this.kind.through] + step * STEP_MM;
    cross[this.kind.through] = Math.min(Math.max(next, low), high);
    this.scene.point(cross);
  }

  /** @param {KeyboardEvent} event @param {PlaneKind} kind */
  #key(event, kind) {
    /** @type {Record<string, [number, number]>} */
    const steps = {
      ArrowRight: [kind.across, kind.turn], ArrowLeft: [kind.across, -kind.turn],
      ArrowUp: [kind.up, 1], ArrowDown: [kind.up, -1], PageUp: [kind.through, 1], PageDown: [kind.through, -1],
    };
    const step = steps[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const end = /** @type {End | null} */ (/** @type {Element} */ (event.target).getAttribute("data-end"));
    const moved = /** @type {Point} */ ([...(end ? this.scene.needle[end] : this.scene.cross)]);
    moved[step[0]] += step[1] * STEP_MM;
    if (end) { this.scene.move(end, moved); this.scene.settle(); } else this.scene.point(inside(this.scene.image.geometry, moved));
  }
}
