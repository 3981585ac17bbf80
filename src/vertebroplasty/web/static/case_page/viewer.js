// @ts-check
/** The vertebra and its needles in three dimensions: the only module that knows NiiVue. */
import { NVMesh, Niivue } from "/static/vendor/niivue-0.69.0/index.js";

/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {{entry: Point, tip: Point, outerMm: number, colour: [number, number, number]}} Rod */

const BONE = new Uint8Array([236, 220, 184, 255]);
const BONE_OPACITY = 0.55;
const AROUND = 14; // sides of a needle
const BEHIND_MM = 60; // of the shaft behind the bone
const FROM_BEHIND = { azimuth: 0, elevation: 30 };
const ENLARGED = 1.3;
const TURN_DEGREES = 10;
const GROUND = [0, 0, 0, 1];

export class Viewer {
  /** @param {Niivue} niivue */
  constructor(niivue) {
    this.niivue = niivue;
    /** @type {NVMesh[]} */ this.rods = [];
    this.drawn = "";
  }

  /**
   * @param {HTMLCanvasElement} canvas @param {string} address of the bone's surface
   * @returns {Promise<Viewer | null>} null where the browser has no WebGL 2
   */
  static async opened(canvas, address) {
    if (!document.createElement("canvas").getContext("webgl2")) return null;
    const niivue = new Niivue({
      backColor: GROUND, show3Dcrosshair: false, isOrientationTextVisible: true, loadingText: "", logLevel: "error",
      dragAndDropEnabled: false, isRadiologicalConvention: true, meshXRay: 0.4, isAntiAlias: false,
    });
    await niivue.attachToCanvas(canvas);
    await niivue.loadMeshes([{ url: address, name: "bone.mz3", rgba255: [...BONE], opacity: BONE_OPACITY }]);
    niivue.setSliceType(niivue.sliceTypeRender);
    niivue.setRenderAzimuthElevation(FROM_BEHIND.azimuth, FROM_BEHIND.elevation);
    niivue.scene.volScaleMultiplier = ENLARGED;
    canvas.tabIndex = 0;
    const viewer = new Viewer(niivue);
    canvas.addEventListener("keydown", (event) => viewer.#key(event));
    return viewer;
  }

  /** Show these needles and no others. @param {Rod[]} rods */
  show(rods) {
    const wanted = JSON.stringify(rods);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    for (const each of this.rods) this.niivue.removeMesh(each);
    this.rods = rods.map((each) => this.#rod(each));
    for (const each of this.rods) this.niivue.addMesh(each);
    this.niivue.drawScene();
  }

  /** @param {Rod} rod @returns {NVMesh} */
  #rod(rod) {
    const { points, triangles } = cylinder(rod);
    const colour = new Uint8Array([...rod.colour, 255]);
    return new NVMesh(points, triangles, "needle", colour, 1, true, this.niivue.gl);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    /** @type {Record<string, [number, number]>} */
    const turns = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const turn = turns[event.key];
    if (!turn) return;
    event.preventDefault();
    event.stopPropagation();
    const { renderAzimuth, renderElevation } = this.niivue.scene;
    this.niivue.setRenderAzimuthElevation(renderAzimuth + TURN_DEGREES * turn[0], renderElevation + TURN_DEGREES * turn[1]);
  }
}

/** A needle from behind its entry to its tip, pointed. @param {Rod} rod */
function cylinder({ entry, tip, outerMm }) {
  const length = Math.hypot(tip[0] - entry[0], tip[1] - entry[1], tip[2] - entry[2]) || 1;
  const along = tip.map((value, n) => (value - entry[n]) / length);
  const helper = Math.abs(along[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0];
  const first = normal(cross(along, helper)), second = cross(along, first);
  const radius = outerMm / 2, shoulder = Math.max(length - outerMm, 0);
  const points = new Float32Array(3 * (2 * AROUND + 2));
  const place = (/** @type {number} */ n, /** @type {number} */ mm, /** @type {number} */ angle, /** @type {number} */ out) => {
    for (let axis = 0; axis < 3; axis += 1) {
      points[3 * n + axis] = entry[axis] + mm * along[axis] + out * (Math.cos(angle) * first[axis] + Math.sin(angle) * second[axis]);
    }
  };
  const triangles = [];
  for (let n = 0; n < AROUND; n += 1) {
    const angle = (2 * Math.PI * n) / AROUND, next = (n + 1) % AROUND;
    place(n, -BEHIND_MM, angle, radius);
    place(AROUND + n, shoulder, angle, radius);
    triangles.push(n, next, AROUND + n, next, AROUND + next, AROUND + n);
    triangles.push(AROUND + n, AROUND + next, 2 * AROUND, next, n, 2 * AROUND + 1);
  }
  place(2 * AROUND, length, 0, 0);
  place(2 * AROUND + 1, -BEHIND_MM, 0, 0);
  return { points, triangles: new Uint32Array(triangles) };
}

/** @param {number[]} a @param {number[]} b */
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** @param {number[]} a */
const normal = (a) => a.map((value) => value / Math.hypot(...a));
