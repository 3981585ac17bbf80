// @ts-check
/** The C-arm: a gauge to drag, numbers, named views and arrow keys; it turns when the handle is let go. */
import { inWords, turnedLeft, wrapped } from "./gantry.js";
import { drawn } from "./monitors.js";
import { barrelOf } from "./space.js";

const SETTLE_MS = 450;
const TILTED_DEG = 89;
const RADIUS = 46;
/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);
/** A number as it stands in a field. @param {number} deg @returns {string} */
const written = (deg) => deg.toFixed(1).replace(/\.0$/, "").replace(/^-0$/, "0");

export class CArm {
  /** @param {any} offered @param {Record<string, string>} texts @param {{turn: (...actions: any[]) => void, planes: (n: number) => void, aim: () => any}} told */
  constructor(offered, texts, told) {
    this.offered = offered;
    this.texts = texts;
    this.told = told;
    /** @type {Record<number, [number, number] | null>} */
    this.poses = { 1: [180, 0], 2: null };
    /** @type {[number, number] | null} */
    this.wanted = null;
    this.timer = 0;
    this.gauge = by("gauge");
    by("turn").addEventListener("click", () => this.turn([turnedLeft(by("turned").valueAsNumber), by("cranial").valueAsNumber]));
    for (const id of ["turned", "cranial"]) by(id).addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") by("turn").click(); });
    for (const button of document.querySelectorAll("[data-view]")) {
      button.addEventListener("click", () => this.view(/** @type {HTMLElement} */ (button).dataset.view ?? "ap"));
    }
    by("biplane").addEventListener("change", () => this.biplane(by("biplane").checked));
    by("tube").addEventListener("change", () => this.write());
    by("biplane").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") by("biplane").click(); });
    this.listen();
    this.write();
  }

  get plane() { return by("biplane").checked ? Number(by("tube").value) : 1; }
  get pose() { return this.wanted ?? this.poses[this.plane] ?? this.offered.views.lateral; }

  /** @param {string} name */
  view(name) {
    if (name !== "barrel") { this.turn(this.offered.views[name]); return; }
    const aim = this.told.aim();
    if (aim) this.turn(barrelOf(aim.entry, aim.tip));
  }

  /** @param {[number, number]} pose */
  turn([lao, cranial]) {
    window.clearTimeout(this.timer);
    this.wanted = null;
    if (!Number.isFinite(lao) || !Number.isFinite(cranial)) return;
    this.told.turn(this.action(this.plane, [wrapped(lao), Math.max(-TILTED_DEG, Math.min(TILTED_DEG, cranial))]));
  }

  /** @param {number} plane @param {[number, number]} pose */
  action(plane, [lao_deg, cranial_deg]) { return { action: "c-arm", lao_deg, cranial_deg, plane }; }

  /** @param {boolean} on */
  biplane(on) {
    by("tube").disabled = !on;
    if (on && !this.poses[2]) this.told.turn(this.action(1, this.offered.views.ap), this.action(2, this.offered.views.lateral));
    this.told.planes(on ? 2 : 1);
    this.write();
  }

  /** How the tubes stand. @param {[number, number]} first @param {[number, number] | null} second */
  stand(first, second) {
    if (JSON.stringify([first, second]) === JSON.stringify([this.poses[1], this.poses[2]])) return;
    this.poses = { 1: first, 2: second };
    this.write();
  }

  write() {
    const [lao, cranial] = this.pose;
    if (document.activeElement !== by("turned")) by("turned").value = written(turnedLeft(lao));
    if (document.activeElement !== by("cranial")) by("cranial").value = written(cranial);
    this.draw();
  }

  /** @param {number} around @param {number} along */
  nudge(around, along) {
    const [lao, cranial] = this.pose;
    this.wanted = [wrapped(lao + around), Math.max(-TILTED_DEG, Math.min(TILTED_DEG, cranial + along))];
    this.write();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { if (this.wanted) this.turn(this.wanted); }, SETTLE_MS);
  }

  listen() {
    let dragging = false;
    const follow = (/** @type {PointerEvent} */ event) => {
      const box = this.gauge.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
      this.wanted = [wrapped(Math.round(Math.atan2(-x, y) * 180 / Math.PI)), this.pose[1]];
      this.write();
    };
    this.gauge.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      dragging = true;
      this.gauge.setPointerCapture(event.pointerId);
      follow(event);
    });
    this.gauge.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => { if (dragging) follow(event); });
    this.gauge.addEventListener("pointerup", () => { dragging = false; if (this.wanted) this.turn(this.wanted); });
    this.gauge.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = event.shiftKey ? 5 : 1;
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      const move = /** @type {Record<string, number[]>} */ (moves)[event.key];
      if (!move) return;
      event.preventDefault();
      this.nudge(move[0], move[1]);
    });
  }

  /** Prone patient seen from the feet: the back is on top, the patient's left at the left. */
  draw() {
    const parts = [
      drawn("circle", { class: "ring", cx: 60, cy: 60, r: RADIUS }),
      drawn("ellipse", { class: "body", cx: 60, cy: 60, rx: 30, ry: 19 }),
      drawn("circle", { cx: 60, cy: 53, r: 6, fill: "#e8edf2" }),
      drawn("rect", { x: 58.6, y: 43, width: 2.8, height: 6, fill: "#e8edf2" }),
      drawn("text", { x: 36, y: 63 }, "L"),
      drawn("text", { x: 84, y: 63 }, "R"),
    ];
    const other = by("biplane").checked ? this.poses[this.plane === 1 ? 2 : 1] : null;
    if (other) parts.push(this.arm(other, "second"));
    parts.push(this.arm(this.pose, ""));
    const words = inWords(this.texts, this.pose);
    words.split(", ").forEach((part, n) => parts.push(drawn("text", { x: 60, y: 86 + 9 * n }, part)));
    this.gauge.replaceChildren(...parts);
    this.gauge.setAttribute("aria-valuenow", turnedLeft(this.pose[0]).toFixed(0));
    this.gauge.setAttribute("aria-valuetext", words);
  }

  /** @param {[number, number]} pose @param {string} kind */
  arm([lao], kind) {
    // At 180 degrees the detector is above the back; less LAO takes it to the patient's left.
    const group = drawn("g", { class: kind, transform: `rotate(${lao - 180} 60 60)` });
    group.append(
      drawn("path", { class: "arm", d: `M60 ${60 - RADIUS} A${RADIUS} ${RADIUS} 0 0 1 60 ${60 + RADIUS}` }),
      drawn("line", { class: "beam-line", x1: 60, y1: 18, x2: 60, y2: 102 }),
      drawn("rect", { class: "detector", x: 48, y: 9, width: 24, height: 8, rx: 2 }),
      drawn("circle", { class: "tube", cx: 60, cy: 106, r: 6 }),
    );
    return group;
  }
}
