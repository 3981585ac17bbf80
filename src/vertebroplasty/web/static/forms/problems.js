// @ts-check
/** What the registry found wrong, on top and beside each field. */
import { at, control, problemLine } from "./places.js";

/** @typedef {{where: string, error: string}} Problem one sentence and its field */

const BESIDE = ["why", "at_level", "who"]; // fields of the page, whose names say nothing to a reader
const summary = /** @type {HTMLElement} */ (document.getElementById("summary"));

/** Forget what was wrong. @param {Element} form */
export function clear(form) {
  summary.hidden = true;
  for (const line of form.querySelectorAll(".problem")) {
    line.textContent = "";
    /** @type {HTMLElement} */ (line).hidden = true;
  }
  for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  for (const one of form.querySelectorAll("[aria-describedby$='-problem']")) one.removeAttribute("aria-describedby");
  for (const one of form.querySelectorAll(".wrong")) one.classList.remove("wrong");
}

/**
 * Show every problem; those without a field stand on top only.
 * @param {Element} form @param {Element} body where the record's fields are
 * @param {string} sentence @param {Problem[]} problems
 */
export function show(form, body, sentence, problems) {
  clear(form);
  const list = /** @type {HTMLElement} */ (summary.querySelector("ul"));
  const first = /** @type {HTMLElement} */ (summary.querySelector("p"));
  list.replaceChildren();
  first.textContent = problems.length ? "" : sentence;
  for (const problem of problems) {
    const field = place(form, body, problem.where);
    const item = document.createElement("li");
    const words = problem.where && !BESIDE.includes(problem.where) && !problem.error.startsWith(problem.where) ? `${problem.where}: ${problem.error}` : problem.error;
    if (field) {
      mark(field, problem.error.startsWith(problem.where) ? problem.error.slice(problem.where.length).trim() : problem.error);
      const link = document.createElement("a");
      link.href = `#${control(field)?.id ?? ""}`;
      link.textContent = words;
      link.addEventListener("click", (event) => { event.preventDefault(); reach(field); });
      item.append(link);
    } else item.textContent = words;
    list.append(item);
  }
  summary.hidden = false;
  summary.focus();
  summary.scrollIntoView({ block: "center" });
}

/** @param {Element} form @param {Element} body @param {string} path @returns {HTMLElement | null | undefined} */
function place(form, body, path) {
  if (path === "why") return form.querySelector("[data-why]");
  if (path === "at_level") return form.querySelector(".at-level");
  return path ? at(body, path) : undefined;
}

/** @param {HTMLElement} field @param {string} sentence */
function mark(field, sentence) {
  const line = problemLine(field);
  const where = control(field);
  field.classList.add("wrong");
  for (let fold = field.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  if (!line) return;
  line.textContent = line.textContent ? `${line.textContent} ${sentence}` : sentence;
  line.lang = "en";
  line.hidden = false;
  const group = field.matches("fieldset");
  (group ? field : where)?.setAttribute("aria-describedby", line.id);
  if (!group && where && !where.matches("button")) where.setAttribute("aria-invalid", "true");
}

/** @param {HTMLElement} field */
function reach(field) {
  const where = control(field);
  where?.focus();
  where?.scrollIntoView({ block: "center" });
}
