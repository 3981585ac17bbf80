// @ts-check
/** A page that waits for a case to be opened, then goes on. */
import { watched } from "./job.js";
import { refuse } from "./say.js";

const place = /** @type {HTMLElement} */ (document.querySelector(".job"));
const texts = JSON.parse(document.getElementById("job-texts")?.textContent ?? "{}");
try {
  const job = await watched(place, place.dataset.job ?? "", texts);
  if (job.state === "done") window.location.replace(place.dataset.next ?? "/");
  else if (job.state === "cancelled") window.location.replace(place.dataset.cancelled ?? "/");
  else refuse(job.sentence);
} catch (error) {
  refuse(/** @type {Error} */ (error).message);
}
