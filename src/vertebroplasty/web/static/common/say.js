// @ts-check
/** Sentences for people, read aloud by a screen reader too. */

const SHOWN_MS = 6000;
let timer = 0;

/** Something that happened. @param {string} sentence */
export function say(sentence) {
  const place = /** @type {HTMLElement} */ (document.getElementById("said"));
  place.textContent = sentence;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => { place.textContent = ""; }, SHOWN_MS);
}

/** Something that could not be done; it stays until the next action. @param {string} sentence */
export function refuse(sentence) {
  const place = /** @type {HTMLElement} */ (document.getElementById("refused"));
  place.textContent = sentence;
}

/** Clear what was refused. */
export const settle = () => refuse("");
