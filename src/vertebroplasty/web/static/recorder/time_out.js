// @ts-check
/** The time-out: read the form, send it, go on to the clock. */
import { post } from "../common/post.js";
import { refuse, settle } from "../common/say.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("time-out"));

/** @param {FormDataEntryValue | null} text */
const levels = (text) => String(text ?? "").toUpperCase().split(/[\s,;]+/).filter(Boolean);

/** @param {string} name */
const field = (name) => /** @type {HTMLElement} */ (form.querySelector(`[name=${name}]`));
// The second reading is one of its own only while the first is not before the eyes.
field("levels").addEventListener("focus", () => field("levels").classList.remove("masked"));
field("levels_again").addEventListener("focus", () => field("levels").classList.add("masked"));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  settle();
  const told = new FormData(form);
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const [name, value] of told) body[name] = value === "" ? null : value;
  body.levels = levels(told.get("levels"));
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
