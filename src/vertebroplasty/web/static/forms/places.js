// @ts-check
/** The fields of a form as a tree: every field has a `data-name`, lists hold entries, objects hold fields. */

let made = 0;

/**
 * The fields directly below a place, not those within another field.
 * @param {Element} place
 * @returns {HTMLElement[]}
 */
export function below(place) {
  /** @type {HTMLElement[]} */
  const found = [];
  for (const child of place.children) {
    if (child instanceof HTMLElement && child.dataset.name) found.push(child);
    else found.push(...below(child));
  }
  return found;
}

/** @param {Element} place @param {string} name @returns {HTMLElement | undefined} */
export const named = (place, name) => below(place).find((field) => field.dataset.name === name);

/** @param {HTMLElement} list @returns {HTMLElement[]} */
export const entries = (list) => /** @type {HTMLElement[]} */ ([...(list.querySelector(".entries")?.children ?? [])]);

/** What is typed into, clicked or focused in a field. @param {Element} field @returns {HTMLElement | null} */
export function control(field) {
  if (field instanceof HTMLElement && field.dataset.control === "list") return field.querySelector(":scope > .add");
  return field.querySelector("input, select, textarea, button");
}

/** The line under a field that says what is wrong. @param {Element} field @returns {HTMLElement | null} */
export const problemLine = (field) => field.querySelector(":scope > .problem");

/**
 * Give every field below a place its ids, so that labels and problems belong to their control.
 * @param {Element} place
 */
export function wire(place) {
  for (const field of place.querySelectorAll("[data-name]")) {
    const id = `f${(made += 1)}`;
    const line = problemLine(field);
    if (line) line.id = `${id}-problem`;
    const only = /** @type {HTMLElement | null} */ (field.querySelector(":scope > input, :scope > select, :scope > textarea"));
    if (only) {
      only.id = id;
      field.querySelector(":scope > label")?.setAttribute("for", id);
      if (field instanceof HTMLElement && "required" in field.dataset) only.setAttribute("aria-required", "true");
    }
    for (const radio of field.querySelectorAll(":scope > .options input[type=radio]")) radio.setAttribute("name", id);
  }
}

/**
 * One more entry at the end of a list.
 * @param {HTMLElement} list
 * @returns {HTMLElement}
 */
export function addEntry(list) {
  const template = /** @type {HTMLTemplateElement} */ (list.querySelector(":scope > template"));
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const entry = /** @type {HTMLElement} */ (copy.firstElementChild);
  wire(entry);
  list.querySelector(":scope > .entries")?.append(entry);
  renumber(list);
  return entry;
}

/** @param {HTMLElement} entry */
export function removeEntry(entry) {
  const list = /** @type {HTMLElement} */ (entry.closest("[data-control=list]"));
  entry.remove();
  renumber(list);
}

/** Say in each entry's heading which it is. @param {HTMLElement} list */
export function renumber(list) {
  const all = entries(list);
  all.forEach((entry, n) => {
    const place = entry.querySelector(":scope > legend > .entry-number");
    const first = below(entry)[0]?.querySelector(":scope > select");
    const chosen = first instanceof HTMLSelectElement && first.value ? first.selectedOptions[0]?.textContent ?? "" : "";
    if (place) place.textContent = chosen || `${n + 1}`;
  });
}

/**
 * The field or entry at a path as the registry prints it: levels[0].cement.total_ml.
 * @param {Element} root @param {string} path
 * @returns {HTMLElement | undefined} the nearest that there is
 */
export function at(root, path) {
  /** @type {HTMLElement | undefined} */
  let found;
  /** @type {Element} */
  let place = root;
  for (const [, name, number] of path.matchAll(/([A-Za-z_]\w*)|\[(\d+)\]/g)) {
    const next = name ? named(place, name) : found?.dataset.control === "list" ? entries(found)[Number(number)] : found;
    if (!next) break;
    found = next;
    place = next;
  }
  return found;
}
