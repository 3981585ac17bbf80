// @ts-check
/** The bone and the cement in it, drawn by NiiVue; nothing else of the project knows that library. */
// @ts-ignore vendored without types
import { Niivue, SLICE_TYPE } from "/static/vendor/niivue-0.69.0/index.js";

const BONE = { R: [0, 120, 255], G: [0, 130, 255], B: [0, 140, 250], A: [0, 40, 110], I: [0, 40, 255] };
const CEMENT = { R: [0, 242, 255], G: [0, 140, 190], B: [0, 30, 90], A: [0, 200, 255], I: [0, 90, 255] };
const MOST_PIXELS = 800; // a side; more makes a computer without a graphics card slow
const FIRST = { azimuth: 235, elevation: 12, scale: 1.5, aloneScale: 0.8 };

/** The volumes as they are named to NiiVue: it knows a format by its ending. */
const named = (/** @type {string} */ url, /** @type {string} */ name, /** @type {string} */ colormap) =>
  ({ url, name: `${name}.nii.gz`, colormap, cal_min: 1, cal_max: 255, opacity: 1 });

export class Cement3d {
  /** @param {any} niivue @param {number} film which of its volumes is the cement */
  constructor(niivue, film) {
    this.niivue = niivue;
    this.film = film;
    this.wanted = -1;
    this.shown = -1;
  }

  /**
   * Draw on a canvas; throws where the browser cannot.
   * @param {HTMLCanvasElement} canvas @param {string} cement @param {string | null} bone
   */
  static async on(canvas, cement, bone) {
    if (!document.createElement("canvas").getContext("webgl2")) throw new Error("WebGL 2");
    const niivue = new Niivue({
      backColor: [0.03, 0.04, 0.05, 1], show3Dcrosshair: false, isOrientCube: false, isColorbar: false,
      dragAndDropEnabled: false, loadingText: "", logLevel: "error", viewModeHotKey: "", clipPlaneHotKey: "",
      cycleClipPlaneHotKey: "",
      forceDevicePixelRatio: Math.min(window.devicePixelRatio, MOST_PIXELS / Math.max(canvas.clientWidth, 1)),
    });
    canvas.parentElement?.addEventListener("wheel", (event) => event.stopPropagation(), { capture: true });
    await niivue.attachToCanvas(canvas);
    niivue.addColormap("bone-ghost", BONE);
    niivue.addColormap("cement", CEMENT);
    const volumes = [...(bone ? [named(bone, "bone", "bone-ghost")] : []), named(cement, "cement", "cement")];
    await niivue.loadVolumes(volumes);
    niivue.setSliceType(SLICE_TYPE.RENDER);
    niivue.setScale(bone ? FIRST.scale : FIRST.aloneScale);
    niivue.setRenderAzimuthElevation(FIRST.azimuth, FIRST.elevation);
    return new Cement3d(niivue, volumes.length - 1);
  }

  /** Show a moment; of many asked for in one frame the last is drawn. @param {number} index */
  show(index) {
    const waits = this.wanted !== this.shown;
    this.wanted = index;
    if (waits) return;
    window.requestAnimationFrame(() => {
      this.niivue.setFrame4D(this.niivue.volumes[this.film].id, this.wanted);
      this.shown = this.wanted;
      this.niivue.canvas.dataset.frame = String(this.shown);
    });
  }

  /** @param {number} azimuth @param {number} elevation */
  lookFrom(azimuth, elevation) {
    this.niivue.setRenderAzimuthElevation(azimuth, elevation);
  }
}
