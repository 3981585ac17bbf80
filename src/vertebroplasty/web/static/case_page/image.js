// @ts-check
/** The upright CT and its label map in memory, and one slice of them as a picture. */
import { ends } from "./geometry.js";

/** @typedef {import("./geometry.js").Point} Point @typedef {import("./geometry.js").Geometry} Geometry @typedef {import("./geometry.js").PlaneKind} PlaneKind */

// Colours of the labels by number: never red beside green, canal and foramen the strongest.
const COLOURS = [
  [0, 0, 0], [240, 200, 120], [90, 170, 255], [90, 170, 255], [170, 140, 220], [255, 225, 0], [90, 140, 150],
  [255, 150, 60], [120, 120, 130], [255, 255, 255], [255, 120, 200], [60, 100, 255], [255, 255, 255],
];
const EDGE = 2.5; // the outline is that much stronger than the area
const NOTHING = [18, 20, 24]; // where nothing was scanned

export class UprightImage {
  /** @param {Geometry} geometry @param {ArrayBuffer} bytes int16 Hounsfield units, then uint8 labels */
  constructor(geometry, bytes) {
    const count = geometry.shape[0] * geometry.shape[1] * geometry.shape[2];
    this.geometry = geometry;
    this.hu = new Int16Array(bytes, 0, count);
    this.labels = new Uint8Array(bytes, 2 * count, count);
    this.sizes = [geometry.shape[2], geometry.shape[1], geometry.shape[0]];
    this.strides = [1, this.sizes[0], this.sizes[0] * this.sizes[1]];
  }

  /** @param {Geometry} geometry @param {string} address @returns {Promise<UprightImage>} */
  static async loaded(geometry, address) {
    const response = await fetch(address, { credentials: "same-origin", cache: "no-store" });
    if (!response.ok) throw new Error(`${response.status}`);
    return new UprightImage(geometry, await response.arrayBuffer());
  }

  /** Hounsfield units and label of the nearest voxel; null outside. @param {Point} local */
  at(local) {
    const { start_mm: start, spacing_mm: spacing, not_scanned_hu: none } = this.geometry;
    const index = local.map((value, axis) => Math.round((value - start[axis]) / spacing));
    if (index.some((value, axis) => value < 0 || value >= this.sizes[axis])) return null;
    const place = index.reduce((sum, value, axis) => sum + value * this.strides[axis], 0);
    return this.hu[place] === none ? null : { hu: this.hu[place], label: this.labels[place] };
  }

  /**
   * One slice, interpolated between its two neighbours.
   * @param {PlaneKind} plane @param {number} at mm along the axis through the plane
   * @param {{width: number, level: number, opacity: number}} look
   * @returns {ImageData}
   */
  slice(plane, at, look) {
    const { start_mm: start, spacing_mm: spacing, not_scanned_hu: none } = this.geometry;
    const wide = this.sizes[plane.across], high = this.sizes[plane.up], deep = this.sizes[plane.through];
    const depth = Math.min(Math.max((at - start[plane.through]) / spacing, 0), deep - 1);
    const first = Math.min(Math.floor(depth), deep - 2), share = depth - first;
    const across = this.strides[plane.across] * plane.turn, up = this.strides[plane.up], next = this.strides[plane.through];
    const nearest = share < 0.5 ? 0 : next;
    const picture = new ImageData(wide, high);
    const low = look.level - look.width / 2, gain = 255 / look.width;
    const { hu, labels } = this;
    for (let y = 0, pixel = 0; y < high; y += 1) {
      let place = first * next + (high - 1 - y) * up + (plane.turn < 0 ? wide - 1 : 0) * this.strides[plane.across];
      for (let x = 0; x < wide; x += 1, place += across, pixel += 4) {
        const a = hu[place], b = hu[place + next];
        const unknown = a === none || b === none;
        const grey = unknown ? 0 : Math.min(Math.max((a + share * (b - a) - low) * gain, 0), 255);
        let red = unknown ? NOTHING[0] : grey, green = unknown ? NOTHING[1] : grey, blue = unknown ? NOTHING[2] : grey;
        const label = labels[place + nearest];
        if (label && look.opacity > 0) {
          const rim = x === 0 || y === 0 || x === wide - 1 || y === high - 1 ||
            labels[place + nearest + across] !== label || labels[place + nearest - across] !== label ||
            labels[place + nearest + up] !== label || labels[place + nearest - up] !== label;
          const alpha = Math.min(1, look.opacity * (rim ? EDGE : 1));
          const colour = COLOURS[label];
          red += alpha * (colour[0] - red); green += alpha * (colour[1] - green); blue += alpha * (colour[2] - blue);
        }
        picture.data[pixel] = red; picture.data[pixel + 1] = green; picture.data[pixel + 2] = blue; picture.data[pixel + 3] = 255;
      }
    }
    return picture;
  }

  /** What a slice spans on the screen in mm: left, top, width, height; down is positive. @param {PlaneKind} plane */
  span(plane) {
    const half = this.geometry.spacing_mm / 2;
    const [low, high] = ends(this.geometry, plane.across), [bottom, top] = ends(this.geometry, plane.up);
    const left = plane.turn > 0 ? low : -high;
    return { left: left - half, top: -top - half, width: high - low + 2 * half, height: top - bottom + 2 * half };
  }
}
