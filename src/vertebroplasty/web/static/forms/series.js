// @ts-check
/** The figures of a series and its page to print, made beside the server. */
import { watched } from "/static/common/job.js";
import { get, post } from "/static/common/post.js";
import { refuse, settle } from "/static/common/say.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("cusum"));
const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
const PERCENT = 100;

/** @param {string} id @returns {HTMLElement} */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** A share as a part of one; null where nothing is written. @param {string} id @returns {number | string | null} */
function share(id) {
  const text = /** @type {HTMLInputElement} */ (place(id)).value.trim().replace(",", ".");
  return text === "" ? null : Number.isFinite(Number(text)) ? Number(text) / PERCENT : text;
}
const wanted = () => ({ series: form.dataset.series, p0: share("p0"), p1: share("p1") });

/** Where the result is, once it is made; empty if it was cancelled. @param {string} what @returns {Promise<string>} */
async function made(what) {
  settle();
  const begun = await post(`/registry/series/${what}`, wanted());
  if (begun.ready) return begun.ready;
  const job = await watched(place(`${what}-job`), begun.job, texts);
  if (job.state === "failed") refuse(job.sentence);
  if (job.state === "done") place(`${what}-job`).replaceChildren();
  return job.state === "done" ? job.next : "";
}

async function draw() {
  try {
    const address = await made("figures");
    if (address) show(await get(address));
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
}

/** @param {{figures: {address: string, caption: string, wide: boolean}[], left_out: {name: string, why: string}[]}} drawn */
function show(drawn) {
  place("figures").replaceChildren(...drawn.figures.map((one) => {
    const figure = document.createElement("figure");
    const picture = document.createElement("img");
    const caption = document.createElement("figcaption");
    figure.classList.toggle("wide", one.wide);
    picture.src = one.address;
    picture.alt = one.caption;
    picture.lang = "en";
    caption.textContent = one.caption;
    caption.lang = "en";
    figure.append(picture, caption);
    return figure;
  }));
  place("left-out").replaceChildren(...drawn.left_out.map((one) => {
    const item = document.createElement("li");
    item.textContent = `${one.name}: ${one.why}`;
    return item;
  }));
}

form.addEventListener("submit", (event) => { event.preventDefault(); void draw(); });
place("report").addEventListener("click", async () => {
  try {
    const address = await made("report");
    if (address) window.location.assign(address);
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
});
void draw();
