// @ts-check
/** The check of the whole journal, as a job. */
import { watched } from "/static/common/job.js";
import { post } from "/static/common/post.js";
import { refuse, settle } from "/static/common/say.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("check"));
const place = /** @type {HTMLElement} */ (document.getElementById("job"));
const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  settle();
  try {
    const { job } = await post("/registry/check", { head: form.querySelector("input")?.value || null });
    const ended = await watched(place, job, texts);
    if (ended.state === "done") window.location.reload();
    else if (ended.sentence) refuse(ended.sentence);
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
});
