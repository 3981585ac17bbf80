// @ts-check
/** What every page does: the language, and closing a message. */
import { post } from "./post.js";
import { refuse, settle } from "./say.js";

const language = /** @type {HTMLSelectElement | null} */ (document.getElementById("language"));
language?.addEventListener("change", async () => {
  try {
    await post("/language", { language: language.value });
    window.location.reload();
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") settle();
});
