// @ts-check
/** The picker of levels: a press adds a level to the procedure, another takes an empty one away. */
import { addEntry, entries, named, removeEntry, renumber } from "./places.js";
import { fill, read } from "./values.js";

const ALIKE = ["indication", "approach", "gauge", "leaks_looked_for_with"];

/** @param {HTMLElement} entry @returns {string} */
const levelOf = (entry) => read(entry).level ?? "";

/**
 * Put the picker above the list of levels.
 * @param {HTMLElement} list @param {HTMLTemplateElement} template
 */
export function pick(list, template) {
  const picker = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
  const buttons = /** @type {HTMLButtonElement[]} */ ([...picker.querySelectorAll("button")]);
  list.prepend(picker);
  list.querySelector(":scope > .add")?.classList.add("hidden-add");
  const show = () => {
    const chosen = entries(list).map(levelOf);
    for (const button of buttons) button.setAttribute("aria-pressed", String(chosen.includes(button.dataset.level ?? "")));
    renumber(list);
  };
  for (const button of buttons) button.addEventListener("click", () => { toggle(list, button.dataset.level ?? ""); show(); });
  rove(picker, buttons);
  list.addEventListener("change", show);
  list.addEventListener("click", show);
  show();
}

/** @param {HTMLElement} list @param {string} level */
function toggle(list, level) {
  const there = entries(list).find((entry) => levelOf(entry) === level);
  if (!there) {
    const before = entries(list).at(-1);
    fill(addEntry(list), { level, ...(before ? alike(read(before)) : {}) });
  } else if (isBare(there, entries(list)[0] === there ? undefined : entries(list)[0])) removeEntry(there);
  else named(there, "level")?.querySelector("select")?.focus();
}

/** What the next level mostly shares with the one before; all of it can be changed. @param {Record<string, any>} before */
function alike(before) {
  const same = Object.fromEntries(ALIKE.filter((name) => name in before).map((name) => [name, before[name]]));
  return before.cement?.product ? { ...same, cement: { product: before.cement.product } } : same;
}

/** Whether a level holds no more than what it was given. @param {HTMLElement} entry @param {HTMLElement | undefined} first */
function isBare(entry, first) {
  const { level, ...rest } = read(entry);
  const given = first ? alike(read(first)) : {};
  return level !== undefined && (Object.keys(rest).length === 0 || JSON.stringify(rest) === JSON.stringify(given));
}

/** One stop of the tab key for all levels; arrows go from one to the next. @param {HTMLElement} picker @param {HTMLButtonElement[]} buttons */
function rove(picker, buttons) {
  const here = (/** @type {HTMLButtonElement} */ chosen) => buttons.forEach((button) => { button.tabIndex = button === chosen ? 0 : -1; });
  here(buttons.find((button) => button.dataset.level === "L1") ?? buttons[0]);
  let typed = "";
  picker.addEventListener("keydown", (event) => {
    const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 });
    let next = event.key in steps ? buttons[(now + steps[event.key] + buttons.length) % buttons.length] : undefined;
    if (/^[a-z0-9]$/i.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      typed = /[a-z]/i.test(event.key) ? event.key.toUpperCase() : typed + event.key;
      next = buttons.find((button) => button.dataset.level === typed) ?? buttons.find((button) => button.dataset.level?.startsWith(typed));
    }
    if (!next) return;
    event.preventDefault();
    here(next);
    next.focus();
  });
}
