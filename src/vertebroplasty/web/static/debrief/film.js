// @ts-check
/** Pictures, 3-D and drawings of one moment, moved together by one scrubber. */
import { Cement3d } from "./cement3d.js";
import { Scrubber } from "./scrubber.js";

/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);

/** @param {Scrubber} scrubber @param {Record<string, string>} addresses by view */
function movePictures(scrubber, addresses) {
  for (const [view, address] of Object.entries(addresses)) {
    const picture = by(`xray-${view}`);
    scrubber.moments.forEach((_, index) => { new Image().src = `${address}/${index}`; });
    scrubber.follow((index) => { picture.src = `${address}/${index}`; });
  }
}

/** @param {Scrubber} scrubber */
function moveCursors(scrubber) {
  for (const drawing of /** @type {NodeListOf<SVGSVGElement>} */ (document.querySelectorAll("svg.timeline"))) {
    const [begin, end, left, wide] = ["begin", "end", "left", "wide"].map((name) => Number(drawing.dataset[name]));
    const cursor = drawing.querySelector(".cursor");
    scrubber.follow((index) => {
      const t_s = scrubber.moments[index].t_s;
      const x = String(left + wide * Math.min(Math.max((t_s - begin) / Math.max(end - begin, 1), 0), 1));
      cursor?.setAttribute("x1", x);
      cursor?.setAttribute("x2", x);
      cursor?.classList.toggle("outside", t_s < begin || t_s > end);
    });
    drawing.addEventListener("click", (event) => {
      const box = drawing.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * drawing.viewBox.baseVal.width;
      scrubber.showTime(begin + ((x - left) / wide) * (end - begin));
    });
  }
}

/** @param {Scrubber} scrubber */
function moveByButtons(scrubber) {
  const toFilm = () => by("film").scrollIntoView({ block: "nearest" });
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-time]"))) {
    button.addEventListener("click", () => { scrubber.showTime(Number(button.dataset.time)); toFilm(); });
  }
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-index]"))) {
    button.addEventListener("click", () => { scrubber.pause(); scrubber.show(Number(button.dataset.index)); toFilm(); });
  }
}

/** @param {Scrubber} scrubber @param {any} data */
async function moveCement(scrubber, data) {
  if (!data.cement) return;
  const canvas = by("three-d");
  try {
    const drawn = await Cement3d.on(canvas, data.cement, data.bone);
    scrubber.follow((index) => drawn.show(index));
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-azimuth]"))) {
      button.addEventListener("click", () => drawn.lookFrom(Number(button.dataset.azimuth), Number(button.dataset.elevation)));
    }
  } catch {
    canvas.hidden = true;
    by("three-d-note").textContent = data.texts.no_three_d;
  }
}

/** @param {any} data what the page holds as film-data */
export async function startFilm(data) {
  const scrubber = new Scrubber(by("scrubber"), by("play"), by("moment"), data.moments, data.texts);
  scrubber.show(data.moments.length - 1);
  movePictures(scrubber, data.pictures);
  moveCursors(scrubber);
  moveByButtons(scrubber);
  await moveCement(scrubber, data);
}
