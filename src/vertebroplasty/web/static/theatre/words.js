// @ts-check
/** A text with its values filled in. */

/** @param {string} text @param {Record<string, any>} values @returns {string} */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => `${values[key] ?? ""}`);
