// @ts-check
/** Long work: a bar, what is being done, and a button that stops it. */
import { get, post } from "./post.js";

const EVERY_MS = 300;

/**
 * Show a job inside an element until it ends.
 * @param {HTMLElement} place
 * @param {string} jobId
 * @param {Record<string, string>} texts `cancel`, `waiting`, `working`, `cancelled` and `doing_...`
 * @returns {Promise<{state: string, next: string, sentence: string}>}
 */
export async function watched(place, jobId, texts) {
  const doing = document.createElement("p");
  const bar = document.createElement("progress");
  const cancel = document.createElement("button");
  bar.max = 1;
  doing.id = `doing-${jobId}`;
  bar.setAttribute("aria-labelledby", doing.id);
  cancel.type = "button";
  cancel.textContent = texts.cancel;
  cancel.addEventListener("click", () => { cancel.disabled = true; void post(`/jobs/${jobId}/cancel`); });
  place.replaceChildren(doing, bar, cancel);
  for (;;) {
    const job = await get(`/jobs/${jobId}`);
    bar.value = job.share;
    doing.textContent = job.state === "waiting" ? texts.waiting : (texts[`doing_${job.doing}`] ?? texts.working);
    if (!["waiting", "running"].includes(job.state)) {
      cancel.remove();
      if (job.state === "cancelled") doing.textContent = texts.cancelled;
      return job;
    }
    await new Promise((resolve) => { window.setTimeout(resolve, EVERY_MS); });
  }
}
