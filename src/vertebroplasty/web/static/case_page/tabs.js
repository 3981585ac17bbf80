// @ts-check
/** Tabs: click, arrow keys, Home and End. */

/** @param {HTMLElement} list */
export function tabs(list) {
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);
  const choose = (/** @type {HTMLElement} */ chosen) => {
    for (const each of all) {
      const on = each === chosen;
      each.setAttribute("aria-selected", `${on}`);
      each.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(each.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !on;
    }
    chosen.focus();
  };
  list.addEventListener("click", (event) => {
    const tab = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[role=tab]"));
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (here < 0 || next === undefined) return;
    event.preventDefault();
    choose(all[(next + all.length) % all.length]);
  });
}
