// @ts-check
/** The C-arm's angles as an operator reads them for a prone patient; the server speaks DICOM's patient-based ones. */
import { filled } from "./words.js";

/** An angle as (-180, 180]. @param {number} deg @returns {number} */
export const wrapped = (deg) => { const turned = ((deg + 180) % 360 + 360) % 360 - 180; return turned <= -180 ? 180 : turned; };

/** Degrees from above the back towards the patient's left; the same leads back to LAO. @param {number} lao @returns {number} */
export const turnedLeft = (lao) => wrapped(180 - lao);

/** A pose in words. @param {Record<string, string>} texts @param {[number, number]} pose LAO and cranial @returns {string} */
export function inWords(texts, [lao, cranial]) {
  const [left, tilt] = [Math.round(turnedLeft(lao)), Math.round(cranial)];
  const turned = left ? filled(left > 0 ? texts.turned_left : texts.turned_right, { deg: Math.abs(left) }) : "0°";
  return `${turned}, ${filled(tilt < 0 ? texts.caudally : texts.cranially, { deg: Math.abs(tilt) })}`;
}
