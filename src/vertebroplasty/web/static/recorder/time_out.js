// @ts-check
/** The time-out: read the form, send it, go on to the clock. */
import { post } from "../common/post.js";
import { refuse, settle } from "../common/say.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("time-out"));

const sides = /** @type {HTMLFieldSetElement} */ (document.getElementById("sides"));
const template = /** @type {HTMLTemplateElement} */ (sides.querySelector("template"));

/** @param {FormDataEntryValue | null} text */
const levels = (text) => String(text ?? "").toUpperCase().split(/[\s,;]+/).filter(Boolean);

/** @param {string} name */
const field = (name) => /** @type {HTMLElement} */ (form.querySelector(`[name=${name}]`));
// The second reading is one of its own only while the first is not before the eyes.
field("levels").addEventListener("focus", () => mask(false));
field("levels_again").addEventListener("focus", () => mask(true));
field("levels").addEventListener("input", offerSides);

/** @param {boolean} masked */
function mask(masked) {
  field("levels").classList.toggle("masked", masked);
  sides.classList.toggle("masked", masked);
}

/** A side for each level, once there are several; what was chosen for one that is still there stays. */
function offerSides() {
  const chosen = sidesChosen();
  const all = [...new Set(levels(/** @type {HTMLInputElement} */ (field("levels")).value))];
  const lines = all.map((level) => {
    const line = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    const select = /** @type {HTMLSelectElement} */ (line.querySelector("select"));
    /** @type {HTMLElement} */ (line.querySelector("span")).textContent = level;
    select.dataset.level = level;
    select.value = chosen[level] ?? "";
    return line;
  });
  for (const old of sides.querySelectorAll("label")) old.remove();
  sides.append(...lines);
  sides.hidden = all.length < 2;
}

/** @returns {Record<string, string>} */
function sidesChosen() {
  const selects = /** @type {HTMLSelectElement[]} */ ([...sides.querySelectorAll("select")]);
  return Object.fromEntries(selects.filter((each) => each.value).map((each) => [each.dataset.level, each.value]));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  settle();
  const told = new FormData(form);
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const [name, value] of told) body[name] = value === "" ? null : value;
  body.levels = levels(told.get("levels"));
  body.sides = sides.hidden ? {} : sidesChosen();
  body.levels_again = levels(told.get("levels_again"));
  for (const name of ["consent", "surgical_backup"]) body[name] = told.get(name) === "yes";
  try {
    const answer = await post("/recorder/time-outs", body);
    window.location.assign(answer.next);
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
    const where = /** @type {any} */ (error).body?.where;
    const wrong = typeof where === "string" ? form.elements.namedItem(where) : null;
    if (wrong instanceof HTMLElement) wrong.focus();
  }
});
