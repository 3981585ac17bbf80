// @ts-check
/** Who acts: kept in this browser until it is closed. */
import { post } from "/static/common/post.js";
import { refuse, say, settle } from "/static/common/say.js";

const form = document.getElementById("who-form");
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("who"));
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  settle();
  try {
    const answer = await post("/registry/who", { who: field?.value ?? "" });
    form.dataset.who = answer.who;
    say(`✓ ${answer.who}`);
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
});
