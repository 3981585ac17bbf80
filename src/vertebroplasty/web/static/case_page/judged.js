// @ts-check
/** What is said of a needle: a line that says whether it stays in bone, and the figures. */
import { inWords } from "../theatre/gantry.js";

const SHAPES = { inside: "●", narrow: "▲", breach: "✕", unknown: "?" };

/** @param {string} tag @param {string} text @param {string} [kind] */
function made(tag, text, kind = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

/** @param {string} name @param {string} value @param {boolean} [out] */
function row(name, value, out = false) {
  const line = document.createElement("tr");
  const head = made("th", name);
  head.setAttribute("scope", "row");
  line.append(head, made("td", value, out ? "number out" : "number"));
  return line;
}

/** The line above the figures, by word and shape. @param {string} state @param {Record<string, string>} texts @param {string} [worst] */
function showState(state, texts, worst = "") {
  const line = /** @type {HTMLElement} */ (document.getElementById("state"));
  line.className = `state ${state}`;
  const parts = [[SHAPES[/** @type {keyof typeof SHAPES} */ (state)], ""], [texts[`state_${state}`], ""], [worst, "worst number"]];
  line.replaceChildren(...parts.map(([text, kind]) => made("span", text, kind)));
}

/** @param {HTMLElement} place @param {any} answer of the server @param {Record<string, string>} texts */
export function showJudgement(place, answer, texts) {
  const { path, state } = answer;
  const mm = (/** @type {number | null} */ value, digits = 1) => (value === null ? texts.unknown : `${value.toFixed(digits)} mm`);
  const degrees = (/** @type {number} */ value, sign = false) => `${sign && value >= 0 ? "+" : ""}${value.toFixed(0)}°`;
  showState(state, texts, `${texts.worst} ${mm(path.worst_clearance_mm)}`);
  const against = document.createElement("div");
  against.lang = "en";
  against.append(...answer.against.map((/** @type {string} */ each) => made("p", each, "warn")));
  const body = document.createElement("tbody");
  const clear = path.clearance_mm;
  const clearances = [
    ["medial", clear.medial], ["lateral", clear.lateral], ["superior_side", clear.superior], ["inferior_side", clear.inferior],
    ["anterior_side", clear.anterior], ["canal", clear.canal], ["foramen", clear.foramen],
    ["upper_endplate", clear.upper_endplate], ["lower_endplate", clear.lower_endplate],
  ];
  for (const [key, value] of clearances) if (value !== null) body.append(row(texts[key], mm(value), value < 0));
  const error = path.breach_probability_plus_minus;
  const risk = path.breach_probability === null ? texts.unknown
    : `${(100 * path.breach_probability).toFixed(1)}${error === null ? "" : ` ± ${(100 * error).toFixed(1)}`} %`;
  body.append(
    row(texts.breach, risk),
    row(texts.plausible, mm(path.plausible_clearance_mm)),
    row(texts.grade, path.gertzbein_robbins ?? texts.unknown),
    row(texts.convergence, degrees(path.convergence_deg)),
    row(texts.cranio_caudal, degrees(path.cranio_caudal_deg, true)),
    row(texts.length, mm(path.length_mm, 0)),
    row(texts.depth, mm(path.depth_from_skin_mm, 0)),
    row(texts.needle_length, mm(path.needle_length_mm, 0)),
  );
  const poses = [["barrel", texts.barrel], ["ap", texts.ap], ["lateral", texts.true_lateral]];
  for (const [key, name] of poses) {
    const pose = path.c_arm[key];
    if (pose) body.append(row(`${texts.c_arm}, ${name}`, inWords(texts, [pose.lao_deg, pose.cranial_deg])));
  }
  const table = document.createElement("table");
  table.append(body);
  const sentences = document.createElement("div");
  sentences.lang = "en";
  sentences.append(made("p", path.why));
  const checks = document.createElement("ul");
  checks.append(...path.checkpoints.map((/** @type {string} */ each) => made("li", each)));
  sentences.append(checks);
  place.replaceChildren(against, table, sentences);
}

/** Why a needle cannot be judged. @param {HTMLElement} place @param {string} sentence @param {Record<string, string>} texts */
export function showRefusal(place, sentence, texts) {
  showState("unknown", texts);
  const why = made("p", sentence, "warn");
  why.lang = "en";
  place.replaceChildren(why);
}
