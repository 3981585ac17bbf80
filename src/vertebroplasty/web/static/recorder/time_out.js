// @ts-check
/** The time-out: read the form, send it, go on to the clock. */
import { post } from "../common/post.js";
import { refuse, settle } from "../common/say.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("time-out"));

/** @param {FormDataEntryValue | null} text */
const levels = (text) => String(text ?? "").toUpperCase().split(/[\s,;]+/).filter(Boolean);

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
    const field = typeof where === "string" ? form.elements.namedItem(where) : null;
    if (field instanceof HTMLElement) field.focus();
  }
});
