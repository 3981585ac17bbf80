// @ts-check
/** A time as people read it: minutes and seconds. */

/** @param {number} s @returns {string} */
export const minutes = (s) => `${Math.floor(s / 60)}`.padStart(2, "0") + ":" + `${Math.floor(s % 60)}`.padStart(2, "0");
