// @ts-check
/** What all pictures of a case share: the crosshair, the needle in hand, the planned ones, and how slices look. */

/** @typedef {import("./geometry.js").Point} Point @typedef {import("./image.js").UprightImage} UprightImage */
/** @typedef {"entry" | "tip"} End */
/** @typedef {{entry: Point, tip: Point, outerMm: number, gauge: number}} Needle in the vertebra's axes, mm */

export class Scene {
  /** @param {UprightImage} image @param {Needle} needle */
  constructor(image, needle) {
    this.image = image;
    this.needle = needle;
    /** @type {Point} */ this.cross = [...needle.tip];
    /** @type {{entry: Point, tip: Point, side: string}[]} */ this.others = [];
    /** @type {Point | null} */ this.judgedEntry = null;
    this.look = { width: 1000, level: 350, opacity: 0.2 };
    this.zoom = 1;
    /** Called when something must be drawn anew. @type {(() => void)[]} */ this.onDraw = [];
    /** Called when the needle has moved. @type {(() => void)[]} */ this.onMove = [];
    /** Called when the needle rests. @type {(() => void)[]} */ this.onRest = [];
    this.asked = 0;
  }

  /** Draw at the next frame. */
  draw() {
    if (this.asked) return;
    this.asked = window.requestAnimationFrame(() => { this.asked = 0; this.onDraw.forEach((each) => each()); });
  }

  /** Move the crosshair. @param {Point} local */
  point(local) {
    this.cross = local;
    this.draw();
  }

  /** Move one end of the needle; the slices follow it. @param {End} end @param {Point} local */
  move(end, local) {
    this.needle[end] = local;
    this.cross = [...local];
    this.onMove.forEach((each) => each());
    this.draw();
  }

  /** The needle rests. */
  settle() {
    this.onRest.forEach((each) => each());
  }
}
