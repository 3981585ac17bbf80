// @ts-check
/** The page of a case: slices, the needle in hand, and what is said of it. */
import { post } from "/static/common/post.js";
import { refuse, settle } from "/static/common/say.js";
import { PLANES, toLocal, toLps } from "./geometry.js";
import { UprightImage } from "./image.js";
import { Judge } from "./judge.js";
import { showJudgement, showRefusal } from "./judged.js";
import { Plane } from "./plane.js";
import { Scene } from "./scene.js";
import { tabs } from "./tabs.js";

/** @typedef {import("./geometry.js").Point} Point @typedef {import("./scene.js").End} End */

const SOLID_AFTER_MS = 250; // the three-dimensional view waits until the needle rests
const DEFAULT_ENTRY_MM = /** @type {Point} */ ([-16, -35, 6]); // in the vertebra's axes, where no path is planned
const DEFAULT_TIP_MM = /** @type {Point} */ ([-8, 8, 0]);
const DEFAULT_GAUGE = 11, DEFAULT_OUTER_MM = 3.05;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

const told = JSON.parse(byId("case").textContent ?? "{}");
const texts = told.texts;
const geometry = told.image;
const form = /** @type {HTMLFormElement} */ (byId("needle"));
const judged = byId("judged");

tabs(/** @type {HTMLElement} */ (document.querySelector("[role=tablist]")));

/** @type {Point} */ const round = (/** @type {number[]} */ point) => point.map((value) => Math.round(value * 100) / 100);
const local = (/** @type {any} */ shown) => ({ entry: toLocal(geometry, shown.path.entry_lps_mm), tip: toLocal(geometry, shown.path.tip_lps_mm) });

/** The planned path that is chosen. */
const chosen = () => told.paths[Number(/** @type {any} */ (document.querySelector("input[name=path]:checked"))?.value ?? -1)];

/** @param {any} shown @returns {import("./scene.js").Needle} */
const needleOf = (shown) => (shown
  ? { ...local(shown), outerMm: shown.outer_mm, gauge: shown.path.gauge }
  : { entry: [...DEFAULT_ENTRY_MM], tip: [...DEFAULT_TIP_MM], outerMm: DEFAULT_OUTER_MM, gauge: DEFAULT_GAUGE });

const scene = new Scene(new UprightImage({ ...geometry, shape: [2, 2, 2] }, new ArrayBuffer(24)), needleOf(chosen()));

/** The needle in hand as the server takes it. */
const sent = () => ({
  entry_lps_mm: round(toLps(geometry, scene.needle.entry)),
  tip_lps_mm: round(toLps(geometry, scene.needle.tip)),
  gauge: scene.needle.gauge,
});

const judge = new Judge(
  `${told.address}/needle`,
  (answer) => {
    scene.needle.outerMm = answer.outer_mm;
    scene.judgedEntry = toLocal(geometry, answer.path.entry_lps_mm);
    showJudgement(judged, answer, texts);
    judged.setAttribute("aria-busy", `${judge.wanted !== null}`);
    judged.dataset.tookMs = judge.tookMs.toFixed(0);
    judged.dataset.answers = `${Number(judged.dataset.answers ?? 0) + 1}`;
    scene.draw();
  },
  (sentence) => {
    scene.judgedEntry = null;
    showRefusal(judged, sentence, texts);
    judged.setAttribute("aria-busy", "false");
    scene.draw();
  },
);

/** Show the needle in hand in the fields of the form. */
function fill() {
  const { entry_lps_mm: entry, tip_lps_mm: tip, gauge } = sent();
  for (const [name, point] of /** @type {[string, Point][]} */ ([["entry", entry], ["tip", tip]])) {
    ["x", "y", "z"].forEach((axis, n) => { field(`${name}_${axis}`).value = point[n].toFixed(1); });
  }
  field("gauge").value = `${gauge}`;
}

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

scene.onMove.push(() => {
  fill();
  judged.setAttribute("aria-busy", "true");
  byId("pictures").replaceChildren();
  void judge.ask(sent());
});

/** Take a planned path in hand. */
function take() {
  const shown = chosen();
  scene.needle = needleOf(shown);
  scene.others = told.paths.filter((/** @type {any} */ each) => each !== shown).map((/** @type {any} */ each) => ({ ...local(each), side: each.path.side }));
  scene.cross = [...scene.needle.tip];
  scene.judgedEntry = shown ? [...scene.needle.entry] : null;
  judge.forget();
  fill();
  byId("pictures").replaceChildren();
  if (shown) { showJudgement(judged, shown, texts); judged.setAttribute("aria-busy", "false"); } else void judge.ask(sent());
  planes.forEach((each) => each.recentre());
  scene.draw();
  scene.settle();
}

form.addEventListener("change", () => {
  const read = (/** @type {string} */ end) => ["x", "y", "z"].map((axis) => field(`${end}_${axis}`).valueAsNumber);
  const [entry, tip] = [read("entry"), read("tip")];
  if (!form.checkValidity() || [...entry, ...tip].some((value) => !Number.isFinite(value))) { refuse(texts.numbers); return; }
  settle();
  scene.needle.entry = toLocal(geometry, /** @type {Point} */ (entry));
  scene.needle.tip = toLocal(geometry, /** @type {Point} */ (tip));
  scene.needle.gauge = Number(field("gauge").value);
  judged.setAttribute("aria-busy", "true");
  byId("pictures").replaceChildren();
  void judge.ask(sent());
  scene.draw();
  scene.settle();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", (event) => {
  const end = /** @type {End | undefined} */ (/** @type {HTMLElement} */ (event.target).dataset.show);
  if (!end) return;
  scene.point([...scene.needle[end]]);
  planes.forEach((each) => each.recentre());
});
byId("reset").addEventListener("click", take);
document.querySelectorAll("input[name=path]").forEach((each) => each.addEventListener("change", take));

byId("window").addEventListener("change", (event) => {
  const [width, level] = /** @type {HTMLSelectElement} */ (event.target).value.split(",").map(Number);
  scene.look = { ...scene.look, width, level };
  scene.draw();
});
byId("opacity").addEventListener("input", (event) => {
  scene.look = { ...scene.look, opacity: Number(/** @type {HTMLInputElement} */ (event.target).value) / 100 };
  scene.draw();
});
byId("zoom").addEventListener("change", (event) => {
  scene.zoom = Number(/** @type {HTMLSelectElement} */ (event.target).value);
  planes.forEach((each) => each.recentre());
  scene.draw();
});
document.querySelectorAll(".enlarge").forEach((button) => button.addEventListener("click", () => {
  const plane = /** @type {HTMLElement} */ (button.closest(".plane"));
  const large = !plane.classList.contains("large");
  document.querySelectorAll(".plane").forEach((each) => each.classList.remove("large"));
  document.querySelectorAll(".enlarge").forEach((each) => each.setAttribute("aria-pressed", "false"));
  plane.classList.toggle("large", large);
  button.setAttribute("aria-pressed", `${large}`);
  /** @type {HTMLElement} */ (document.querySelector(".planes")).classList.toggle("one", large);
}));

// Off until a click is heard, and on again for whoever comes back.
window.addEventListener("pageshow", () => { /** @type {HTMLButtonElement} */ (byId("rehearse")).disabled = false; });
byId("rehearse").addEventListener("click", async (event) => {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  button.disabled = true;
  try {
    const answer = await post("/rehearsals", { case: told.case, level: told.level, guided: /** @type {HTMLInputElement} */ (byId("guided")).checked });
    window.location.assign(answer.next);
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
    button.disabled = false;
  }
});

byId("xrays").addEventListener("click", () => {
  const { entry_lps_mm: entry, tip_lps_mm: tip, gauge } = sent();
  const query = new URLSearchParams([...entry.map((value) => ["entry", `${value}`]), ...tip.map((value) => ["tip", `${value}`]), ["gauge", `${gauge}`]]);
  byId("pictures").replaceChildren(...["ap", "lateral"].map((view) => {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption"), picture = new Image();
    const name = texts[view === "ap" ? "ap" : "true_lateral"];
    caption.textContent = texts.checking;
    picture.alt = texts.xray_of.replace("{view}", name);
    picture.addEventListener("load", () => { caption.textContent = name; });
    picture.addEventListener("error", () => { caption.textContent = texts.no_image; });
    picture.src = `${told.address}/xray/${view}?${query}`;
    figure.append(picture, caption);
    return figure;
  }));
  byId("pictures").scrollIntoView({ block: "nearest" });
});

/** @type {Plane[]} */ let planes = [];

function readOut() {
  const lps = toLps(geometry, scene.cross), found = scene.image.at(scene.cross);
  const what = found ? `${found.hu} HU, ${told.labels[found.label]}` : texts.outside;
  byId("readout").textContent = `LPS ${lps.map((value) => value.toFixed(1)).join(", ")} mm · ${what}`;
}

try {
  scene.image = await UprightImage.loaded(geometry, `${told.address}/image`);
  planes = PLANES.map((kind) => new Plane(/** @type {HTMLElement} */ (document.querySelector(`[data-plane=${kind.name}]`)), kind, scene, texts));
  scene.onDraw.push(() => planes.forEach((each) => each.draw()), readOut);
  take();
  void post(`${told.address}/needle`, sent()).catch(() => {}); // the first one takes longer: not while a hand drags
  document.body.dataset.ready = "slices";
} catch {
  refuse(texts.no_image);
}

/** Needles of the three-dimensional view. */
const rods = () => [
  { ...scene.needle, colour: [255, 95, 210] },
  ...scene.others.map((each) => ({ ...each, outerMm: 1, colour: each.side === "left" ? [124, 196, 255] : [255, 196, 107] })),
];

const solid = /** @type {HTMLCanvasElement} */ (byId("solid"));
try {
  const { Viewer } = await import("./viewer.js");
  const viewer = await Viewer.opened(solid, `${told.address}/bone`);
  if (!viewer) throw new Error(texts.no_3d);
  let timer = 0;
  scene.onRest.push(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => viewer.show(rods()), SOLID_AFTER_MS);
  });
  viewer.show(rods());
  document.body.dataset.ready = "all";
} catch {
  const sorry = document.createElement("p");
  sorry.className = "sorry";
  sorry.textContent = texts.no_3d;
  solid.replaceWith(sorry);
  document.body.dataset.ready = "all";
}
