// @ts-check
/** The keyboard: Escape stops from anywhere; Space is the pedal, P the plunger; letters are read outside of fields. */

// Nothing on the page takes a space, so that the pedal is never out of reach; Enter presses what is focused.
const FIELDS = "input:not([type=radio]):not([type=checkbox]), select, textarea";

/**
 * @param {{stop: () => void, pedal: (down: boolean) => void, push: (down: boolean) => void, press: (id: string) => void,
 *   view: (name: string) => void, needle: (n: number) => void, deeper: (mm: number) => void, faster: () => void, legend: () => void}} does
 */
export function listen(does) {
  /** @type {Record<string, () => void>} */
  const letters = {
    a: () => does.view("ap"), l: () => does.view("lateral"), b: () => does.view("barrel"),
    n: () => does.press("place"), m: () => does.press("mix"), s: () => does.press("stylet"), o: () => does.press("drawn-over"), w: () => does.press("withdraw"),
    h: () => does.press("help"), f: () => does.faster(), "?": () => does.legend(),
    "+": () => does.deeper(1), "=": () => does.deeper(1), "-": () => does.deeper(-1), "−": () => does.deeper(-1),
    1: () => does.needle(1), 2: () => does.needle(2), 3: () => does.needle(3), 4: () => does.needle(4),
  };
  const inField = (/** @type {Event} */ event) => event.target instanceof Element && event.target.matches(FIELDS);
  const inHeader = (/** @type {Event} */ event) => event.target instanceof Element && event.target.closest("header") !== null;
  const inDialog = () => document.querySelector("dialog[open]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { does.stop(); return; }
    if (inDialog() || inHeader(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.code !== "Space" && inField(event)) return;
    const held = event.code === "Space" ? does.pedal : event.key.toLowerCase() === "p" ? does.push : null;
    if (held) {
      event.preventDefault();
      if (!event.repeat) held(true);
      return;
    }
    const does_it = letters[event.key.toLowerCase()];
    if (!does_it || event.repeat) return;
    event.preventDefault();
    does_it();
  }, true);
  document.addEventListener("keyup", (event) => {
    if (event.code === "Space" && !inHeader(event) && !inDialog()) { event.preventDefault(); does.pedal(false); }
    if (event.key.toLowerCase() === "p") does.push(false);
  }, true);
  let byPointer = false;
  document.addEventListener("pointerdown", () => { byPointer = true; }, true);
  document.addEventListener("keydown", () => { byPointer = false; }, true);
  // A list that the mouse chose from gives the keys back.
  document.addEventListener("change", (event) => { if (byPointer && event.target instanceof HTMLSelectElement) event.target.blur(); });
  const let_go = () => { does.pedal(false); does.push(false); };
  window.addEventListener("blur", let_go);
  document.addEventListener("visibilitychange", () => { if (document.hidden) let_go(); });
}

/** A button that is held: by mouse or touch, or by Enter. @param {HTMLElement} button @param {(down: boolean) => void} does */
export function held(button, does) {
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    does(true);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(end, () => does(false));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) does(true);
  });
  button.addEventListener("keyup", (event) => { if (event.key === "Enter") does(false); });
  button.addEventListener("blur", () => does(false));
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
