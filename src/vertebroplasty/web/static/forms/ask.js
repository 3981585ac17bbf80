// @ts-check
/** A question whose answer stands in this page: what was typed goes as a body, so that no address keeps it. */
import { post } from "/static/common/post.js";
import { refuse, say, settle } from "/static/common/say.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-ask]"));
const place = /** @type {HTMLElement} */ (document.getElementById("answer"));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  settle();
  try {
    const answer = await post(form.dataset.ask ?? "", Object.fromEntries(new FormData(form)));
    place.replaceChildren(...new DOMParser().parseFromString(answer.html, "text/html").body.children);
    say(answer.said);
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
});
document.body.dataset.ready = "all";
