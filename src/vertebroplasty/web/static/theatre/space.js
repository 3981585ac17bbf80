// @ts-check
/** Points of the patient: LPS millimetres, the vertebra's own axes, and where a point falls on a picture. */

/** @typedef {[number, number, number]} Point */
/** @typedef {{origin: Point, right: Point, anterior: Point, superior: Point}} Frame */

/** @param {Point} a @param {Point} b @returns {number} */
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** @param {Point} a @param {Point} b @param {number} [times] @returns {Point} */
export const plus = (a, b, times = 1) => [a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]];
/** @param {Point} a @returns {number} */
export const norm = (a) => Math.hypot(...a);
/** @param {Point} a @param {Point} b @returns {Point} */
export const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** LPS to right, front, head of the vertebra. @param {Frame} frame @param {Point} p @returns {Point} */
export function toLocal(frame, p) {
  const offset = plus(p, frame.origin, -1);
  return [dot(offset, frame.right), dot(offset, frame.anterior), dot(offset, frame.superior)];
}

/** @param {Frame} frame @param {Point} p @returns {Point} */
export const toWorld = (frame, p) => plus(plus(plus(frame.origin, frame.right, p[0]), frame.anterior, p[1]), frame.superior, p[2]);

/** Column, row and depth of a point on a picture. @param {number[][]} matrix 3 by 4 @param {Point} p @returns {Point} */
export function projected(matrix, p) {
  const [x, y, w] = matrix.map((row) => row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]);
  return [x / w, y / w, w];
}

/** The point at a depth that falls on column and row. @param {number[][]} matrix @param {number} column @param {number} row @param {number} depth @returns {Point} */
export function lifted(matrix, column, row, depth) {
  const [a, b, c] = matrix.map((line) => /** @type {Point} */ (line.slice(0, 3)));
  const right = [column * depth - matrix[0][3], row * depth - matrix[1][3], depth - matrix[2][3]];
  const det = dot(a, cross(b, c));
  const sum = plus(plus(/** @type {Point} */ (cross(b, c).map((v) => v * right[0])), cross(c, a), right[1]), cross(a, b), right[2]);
  return /** @type {Point} */ (sum.map((v) => v / det));
}

/** LAO and cranial degrees that look along a needle from its hub. @param {Point} entry @param {Point} tip @returns {[number, number]} */
export function barrelOf(entry, tip) {
  const back = plus(entry, tip, -1);
  const degrees = 180 / Math.PI;
  const lao = Math.atan2(back[0], -back[1]) * degrees;
  return [lao <= -180 ? 180 : lao, Math.asin(back[2] / norm(back)) * degrees];
}
