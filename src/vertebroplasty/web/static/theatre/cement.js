// @ts-check
/** Syringe and manometer. */
import { drawn } from "./monitors.js";

const BARREL = { x: 70, width: 130 };
/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);

/** How the plunger is held, as chosen. @param {number} needle @returns {any} */
export function chosen(needle) {
  const [kind, value] = by("hold").value.split(" ");
  const push = kind === "rate" ? { rate_ml_per_s: Number(value) } : { pressure_kpa: Number(value) };
  return { ...push, needle };
}

/** @param {number} ml @param {number} kpa @param {number} most_ml @param {boolean} pushing */
export function showSyringe(ml, kpa, most_ml, pushing) {
  by("ml").textContent = `${ml.toFixed(2)} ml`;
  by("kpa").textContent = `${kpa.toFixed(0)} kPa`;
  by("manometer").value = kpa;
  const left = Math.max(1 - ml / most_ml, 0);
  const x = BARREL.x + BARREL.width * (1 - left);
  by("syringe").replaceChildren(
    drawn("rect", { x: BARREL.x, y: 10, width: BARREL.width, height: 26, rx: 3, fill: "none", stroke: "#8fa3b5", "stroke-width": 2 }),
    drawn("rect", { x, y: 12, width: Math.max(BARREL.x + BARREL.width - x, 0), height: 22, fill: pushing ? "#ffb347" : "#c9b48f" }),
    drawn("rect", { x: x - 4, y: 11, width: 5, height: 24, fill: "#e8edf2" }),
    drawn("rect", { x: 14, y: 21, width: Math.max(x - 18, 0), height: 4, fill: "#8fa3b5" }),
    drawn("rect", { x: 8, y: 8, width: 6, height: 30, rx: 2, fill: "#e8edf2" }),
    drawn("rect", { x: 200, y: 19, width: 12, height: 8, fill: "#8fa3b5" }),
    drawn("rect", { x: 212, y: 22, width: 46, height: 2.4, fill: "#e8edf2" }),
  );
}
