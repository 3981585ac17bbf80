// @ts-check
/**
 * Points of the patient in LPS mm and in the vertebra's own axes, and the three planes along those axes.
 * @typedef {[number, number, number]} Point
 * @typedef {{shape: Point, spacing_mm: number, start_mm: Point, not_scanned_hu: number, origin_lps_mm: Point, axes_lps: Point[]}} Geometry
 * @typedef {{name: string, across: number, turn: number, up: number, through: number, letters: [string, string, string, string]}} PlaneKind
 */

/** @param {Point} a @param {Point} b */
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Right, anterior and superior mm of an LPS point. @param {Geometry} image @param {Point} lps @returns {Point} */
export function toLocal(image, lps) {
  const from = /** @type {Point} */ (lps.map((value, n) => value - image.origin_lps_mm[n]));
  return /** @type {Point} */ (image.axes_lps.map((axis) => dot(axis, from)));
}

/** LPS mm of a point in the vertebra's axes. @param {Geometry} image @param {Point} local @returns {Point} */
export function toLps(image, local) {
  const at = [0, 1, 2].map(
    (n) => image.origin_lps_mm[n] + image.axes_lps.reduce((sum, axis, m) => sum + local[m] * axis[n], 0),
  );
  return /** @type {Point} */ (at);
}

/**
 * Axes: 0 right, 1 anterior, 2 superior.  `across` runs to the viewer's right, turned round where `turn` is -1: the
 * patient's left lies on the right of the picture (radiological convention), the front on the left of a sagittal one.
 * Letters: up, down, left and right of the picture.
 * @type {PlaneKind[]}
 */
export const PLANES = [
  { name: "axial", across: 0, turn: -1, up: 1, through: 2, letters: ["anterior", "posterior", "right", "left"] },
  { name: "sagittal", across: 1, turn: -1, up: 2, through: 0, letters: ["superior", "inferior", "anterior", "posterior"] },
  { name: "coronal", across: 0, turn: -1, up: 2, through: 1, letters: ["superior", "inferior", "right", "left"] },
];

/** Ends of the image along an axis, mm. @param {Geometry} image @param {number} axis @returns {[number, number]} */
export function ends(image, axis) {
  const count = image.shape[2 - axis];
  return [image.start_mm[axis], image.start_mm[axis] + (count - 1) * image.spacing_mm];
}

/** The nearest point inside the image. @param {Geometry} image @param {Point} local @returns {Point} */
export const inside = (image, local) =>
  /** @type {Point} */ (local.map((value, axis) => {
    const [low, high] = ends(image, axis);
    return Math.min(Math.max(value, low), high);
  }));
