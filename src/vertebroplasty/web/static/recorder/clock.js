// @ts-check
/** The big clock and its one-tap events. */
import { post } from "../common/post.js";
import { refuse, say, settle } from "../common/say.js";
import { moment, Pending } from "./pending.js";

const KEYS = new Map([["m", "mix-start"], ["s", "inject-start"], ["l", "leak"], ["Escape", "stop"], ["g", "resume"], ["t", "stylet"], ["n", "needle-out"]]);
/** By the key's place too: a French keyboard writes its digits only with Shift. */
const PORTIONS = new Map([["1", 0.1], ["5", 0.5], ["0", 1], ["Digit1", 0.1], ["Digit5", 0.5], ["Digit0", 1]]);
/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);
/** @type {Record<string, string>} */
const words = JSON.parse(by("words").textContent);
const recording = by("recorder").dataset.recording;
let told = JSON.parse(by("told").textContent);
let anchor = performance.now();
/** When STOP was tapped while a leak's site was being asked. @type {number | null} */
let stopped_at = null;

const level = () => /** @type {HTMLInputElement} */ (document.querySelector("input[name=level]:checked")).value;

/** @param {number} seconds */
function readable(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function tick() {
  const now = told.clock_s + (performance.now() - anchor) / 1000;
  by("clock").textContent = readable(now - (told.mixed_s ?? 0));
  by("clock-name").textContent = told.mixed_s === null ? words.since_time_out : words.since_mix;
  window.setTimeout(tick, 200);
}

/** @param {string} at */
const wall = (at) => new Date(at).toTimeString().slice(0, 8);

/** @param {any} tap */
function row(tap) {
  const line = document.createElement("tr");
  const what = [tap.level, words[tap.event], tap.injected_ml === null ? "" : `${tap.injected_ml.toFixed(2)} ml`,
    tap.site ? words[`site_${tap.site}`] : "", tap.reason ? words[`reason_${tap.reason}`] : "", tap.remark ?? ""];
  for (const text of [tap.since_mix_s === null ? "" : readable(tap.since_mix_s), wall(tap.at), what.filter(Boolean).join(" · ")]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

function show() {
  const here = told.levels[level()];
  by("total-name").textContent = words.total.replace("{level}", level());
  by("total").textContent = `${here.injected_ml.toFixed(2)} ml`;
  by("stopped").textContent = here.stopped ? words.stop : "";
  by("log").replaceChildren(...told.taps.slice().reverse().map(row));
  by("undone").replaceChildren(...told.undone.map((/** @type {any} */ stop) => {
    const item = document.createElement("li");
    item.textContent = words.undone_stop.replace("{level}", stop.level).replace("{at}", wall(stop.at)).replace("{undone_at}", wall(stop.undone_at));
    return item;
  }));
  by("undo").disabled = told.taps.length === 0 || told.saved_as !== null;
  if (told.saved_as !== null) {
    by("saved").hidden = false;
    by("there").href = `/recorder/${recording}/procedure`;
    by("registry")?.remove();
  }
}

/** @param {any} answer */
function renewed(answer) {
  told = answer;
  anchor = performance.now();
  show();
}

const pending = new Pending(recording, {
  done: renewed,
  refused: refuse,
  changed: (count) => { by("waiting").textContent = count ? words.waiting.replace("{count}", String(count)) : ""; },
});

/** Ask by a dialog of buttons. @param {string} id @returns {Promise<string>} */
function asked(id) {
  const dialog = by(id);
  return new Promise((resolve) => {
    const done = () => {
      dialog.removeEventListener("click", choose);
      dialog.removeEventListener("close", ended);
      resolve(dialog.returnValue);
    };
    const ended = () => { if (!dialog.open) done(); };
    // At once, as the event of the closing comes later than a key that is pressed now.
    const choose = (/** @type {Event} */ event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("button");
      if (!button || button.id === "stop-too") return;
      dialog.close(button.getAttribute("value") ?? "");
      done();
    };
    dialog.addEventListener("click", choose);
    dialog.addEventListener("close", ended);
    dialog.returnValue = "";
    dialog.showModal();
  });
}

/** At once; why is asked after. @param {string} at @param {number} when */
async function stop(at, when) {
  const key = pending.add({ event: "stop", level: at }, when);
  const reason = await asked("ask-reason");
  if (reason) pending.because(key, reason);
}

/** STOP while a leak's site is being asked: its moment counts, and the leak is not forgotten over it. */
function stopToo() {
  stopped_at ??= moment();
  by("stop-too-done").textContent = words.stop_too;
}

/** @param {string} event */
async function tapped(event) {
  settle();
  const at = level();
  if (event === "leak") {
    const when = moment(); // it was seen now; where it lies is asked after
    stopped_at = null;
    by("stop-too-done").textContent = "";
    const site = await asked("ask-site");
    if (site) pending.add({ event, level: at, site }, when);
    if (stopped_at !== null) await stop(at, stopped_at);
  } else if (event === "resume") {
    by("ask-why").querySelector("input").value = "";
    const go = await asked("ask-why");
    const remark = by("ask-why").querySelector("input").value.trim();
    if (go === "go" && remark) pending.add({ event, level: at, remark });
  } else if (event === "stop") {
    await stop(at, moment());
  } else {
    pending.add({ event, level: at });
  }
}

/** @param {number} ml the sum at the level */
const amount = (ml) => pending.add({ event: "sample", level: level(), injected_ml: Math.round(ml * 100) / 100 });

/** Portions that are on their way count too. */
function sum() {
  const waiting = pending.taps.filter((tap) => tap.event === "sample" && tap.level === level());
  return Number(waiting.at(-1)?.injected_ml ?? told.levels[level()].injected_ml);
}

async function undo() {
  const last = told.taps.at(-1);
  if (!last || pending.taps.length) return;
  try { renewed(await post(`/recorder/${recording}/undo`, { key: last.key })); } catch (error) { refuse(/** @type {Error} */ (error).message); }
}

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-event]"))) {
  button.addEventListener("click", () => { void tapped(button.dataset.event ?? ""); });
}
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-plus]"))) {
  button.addEventListener("click", () => { settle(); amount(sum() + Number(button.dataset.plus)); });
}
for (const input of document.querySelectorAll("input[name=level]")) input.addEventListener("change", show);
by("stop-too").addEventListener("click", stopToo);
by("undo").addEventListener("click", () => { settle(); void undo(); });
by("exact").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  settle();
  amount(Number(new FormData(by("exact")).get("ml")));
  by("exact").reset();
  by("exact").querySelector("input").blur(); // the keys are taps again
});
document.addEventListener("keydown", (event) => {
  if (event.repeat) { // a key that is held is one tap; held Escape must not close the question it has just asked
    if (event.key === "Escape") event.preventDefault();
    return;
  }
  if (event.key === "Escape" && by("ask-site").open) { event.preventDefault(); stopToo(); return; }
  const typing = event.target instanceof HTMLElement && event.target.closest("input:not([type=radio]), select, textarea, dialog[open]");
  if (event.ctrlKey || event.altKey || event.metaKey || (typing && event.key !== "Escape") || document.querySelector("dialog[open]")) return;
  const name = KEYS.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  const portion = PORTIONS.get(event.key) ?? PORTIONS.get(event.code);
  if (name) { event.preventDefault(); void tapped(name); }
  else if (portion) amount(sum() + portion);
  else if (event.key.toLowerCase() === "u") void undo();
});
by("registry")?.addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  settle();
  const form = new FormData(by("registry"));
  try {
    await post("/registry/who", { who: form.get("who") });
    const answer = await post(`/recorder/${recording}/registry`, { not_a_duplicate: form.get("not_a_duplicate") || null });
    told.saved_as = answer.saved_as;
    show();
    say([words.saved, ...answer.warnings].join(" "));
  } catch (error) { refuse(/** @type {Error} */ (error).message); }
});
show();
tick();
