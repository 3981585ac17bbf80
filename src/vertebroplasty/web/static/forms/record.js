// @ts-check
/** Signing a record, closing it and opening it again. */
import { post } from "/static/common/post.js";
import { refuse, settle } from "/static/common/say.js";

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form.act"))) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    settle();
    const value = form.querySelector("input")?.value ?? "";
    try {
      await post(form.dataset.address ?? "", { [form.dataset.field ?? ""]: value });
      window.location.reload();
    } catch (error) {
      refuse(/** @type {Error} */ (error).message);
    }
  });
}
