// @ts-check
/** The debrief's page: the film, the past, the registry, and paper. */
import { post } from "../common/post.js";
import { refuse, say, settle } from "../common/say.js";
import { startFilm } from "./film.js";

const data = JSON.parse(document.getElementById("film-data")?.textContent ?? "{}");
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("keep"));
const operator = /** @type {HTMLInputElement} */ (document.getElementById("operator"));
const kept = /** @type {HTMLElement} */ (document.getElementById("kept"));

/** Ask the server, and say why if it refuses. @param {() => Promise<void>} what */
async function trying(what) {
  settle();
  try {
    await what();
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
}

/** The CUSUM as a drawing and a sentence; nothing where none was asked for. @param {{drift: string, chart: string, chart_says: string}} past */
function showDrift(past) {
  const figure = /** @type {HTMLElement} */ (document.getElementById("cusum"));
  const picture = /** @type {HTMLImageElement} */ (document.getElementById("cusum-chart"));
  if (picture.src) URL.revokeObjectURL(picture.src);
  if (past.chart) picture.src = URL.createObjectURL(new Blob([past.chart], { type: "image/svg+xml" }));
  picture.alt = past.chart_says;
  /** @type {HTMLElement} */ (document.getElementById("drift")).textContent = past.drift;
  figure.hidden = past.chart === "";
}

/** The operator's earlier rehearsals beside this one. @returns {Promise<void>} */
async function showPast() {
  if (!form?.reportValidity()) return;
  const [p0, p1] = ["p0", "p1"].map((id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).value);
  const chart = p0 && p1 ? { p0: Number(p0), p1: Number(p1) } : {};
  const past = await post(`${data.here}/past`, { operator: operator.value, ...chart });
  kept.textContent = past.sentence;
  showDrift(past);
  for (const cell of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".past"))) {
    cell.hidden = past.sessions === 0;
    const name = cell.dataset.element;
    if (name) cell.textContent = past.elements[name] ?? data.texts.not_judged;
  }
}

document.getElementById("show-past")?.addEventListener("click", () => trying(showPast));
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void trying(async () => {
    const saved = await post(`${data.here}/save`, { operator: operator.value });
    kept.textContent = saved.sentence;
    say(saved.sentence);
  });
});
document.getElementById("print")?.addEventListener("click", () => window.print());
await startFilm(data);
