// @ts-check
/** A rehearsal: monitors, C-arm, needles, syringe and clock, joined by one socket. */
import { refuse, say, settle } from "/static/common/say.js";
import { CArm } from "./c_arm.js";
import { chosen, showSyringe } from "./cement.js";
import { Chart } from "./chart.js";
import { Clock } from "./clock.js";
import { held, listen } from "./keys.js";
import { Link, RESTARTED } from "./link.js";
import { Log } from "./log.js";
import { Monitor } from "./monitors.js";
import { Needle } from "./needle.js";
import { filled } from "./words.js";

const DRAWN_OVER_ML = 0.001;
const FACTORS = ["1", "5", "20"];

/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);
const offered = JSON.parse(by("offered").textContent);
/** @type {Record<string, string>} */
const texts = JSON.parse(by("texts").textContent);

/** @type {Record<string, Monitor>} */
const shown = {};
const needle = new Needle(offered, texts, {
  place: (number, entry_lps_mm, tip_lps_mm) => link.act({ action: "move-needle", needle: number, entry_lps_mm, tip_lps_mm }),
  changed: () => { for (const monitor of Object.values(shown)) monitor.drawAim(); },
});
const aim = { aim: () => needle.now ?? null, lies: () => needle.lies(), dragged: needle.dragged.bind(needle) };
shown.left = new Monitor("left", texts, aim);
shown.right = new Monitor("right", texts, aim);
const cArm = new CArm(offered, texts, { turn: (...actions) => link.act(...actions), planes: (planes) => link.hold({ planes }), aim: () => needle.now });
const clock = new Clock(texts);
const chart = new Chart(by("chart"), texts);
const log = new Log(texts);
let stopped = false;

const link = new Link(offered.id, {
  answer: answered,
  refused: refuse,
  lost: () => { clock.stand(); banner(texts.connecting); beam(false); by("theatre").dataset.link = "lost"; },
  found: () => { banner(""); by("theatre").dataset.link = "open"; },
  taken: () => { clock.stand(); banner(texts.taken, true); },
  notSent: () => refuse(texts.not_sent),
});

/** @param {any} header @param {Uint8Array[]} pixels @param {boolean} first */
function answered(header, pixels, first) {
  const { monitor } = header;
  if (first) {
    log.clear();
    chart.recall(header.events);
    needle.resume(monitor.needles);
    if (header.second_pose) { by("biplane").disabled = false; }
  }
  header.frames.forEach((/** @type {any} */ frame, /** @type {number} */ n) => shown[frame.monitor].show(frame, pixels[n]));
  const lit = header.frames.filter((/** @type {any} */ frame) => frame.live).map((/** @type {any} */ frame) => frame.monitor);
  for (const [side, each] of Object.entries(shown)) each.live(link.hands.pedal && lit.includes(side));
  log.add(header.events);
  needle.lie(monitor.needles);
  cArm.stand(header.pose, header.second_pose);
  const pushing = link.hands.push !== null && !header.stalled;
  const kpa = pushing ? monitor.pressure_kpa ?? 0 : 0;
  showSyringe(monitor.injected_ml, kpa, offered.volume_ml, pushing);
  chart.add(monitor.now_s, kpa, monitor.injected_ml, pushing);
  clock.set(monitor, link.hands.push || link.hands.pedal ? 1 : link.hands.factor);
  readings(monitor);
  by("theatre").dataset.answers = `${Number(by("theatre").dataset.answers ?? 0) + 1}`;
}

/** @param {any} monitor */
function readings(monitor) {
  put("fluoroscopy", `${monitor.fluoroscopy_s.toFixed(1)} s`);
  put("dose", `${monitor.dose_mgy.toFixed(1)} mGy`);
  put("answer", monitor.said);
  const view = cArm.plane === 2 && monitor.second_view ? monitor.second_view : monitor.view;
  const off = view.nearest === "AP" ? view.from_true_ap_deg : view.from_true_lateral_deg;
  put("truth", filled(texts.from_true, { deg: off.toFixed(0), view: view.nearest === "AP" ? texts.ap : texts.lateral }));
  if (monitor.stopped !== stopped) {
    stopped = monitor.stopped;
    by("stop").textContent = texts.stopped;
    by("stop").classList.add("done");
  }
}

/** Written only where it changes, so that a screen reader is not told again. @param {string} id @param {string} text */
function put(id, text) { if (by(id).textContent !== text) by(id).textContent = text; }

/** @param {string} text @param {boolean} [reload] */
function banner(text, reload = false) {
  const place = by("link");
  place.textContent = text;
  place.hidden = !text;
  if (!reload) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = texts.reload;
  button.addEventListener("click", () => window.location.reload());
  place.append(button);
}

/** @param {boolean} on */
function beam(on) {
  by("pedal").classList.toggle("down", on);
  by("lamp").classList.toggle("on", on);
  put("lamp", on ? texts.xray_on : texts.xray_off);
}

/** @param {boolean} down */
function pedal(down) {
  const on = down && link.ready;
  if (down && !on) { refuse(texts.not_sent); return; }
  beam(on);
  link.hold({ pedal: on });
}

/** @param {boolean} down */
function push(down) {
  const on = down && link.ready;
  if (on) settle();
  by("plunger").classList.toggle("down", on);
  by("plunger").setAttribute("aria-pressed", `${on}`);
  link.hold({ push: on ? chosen(needle.number) : null });
}

function stop() {
  push(false);
  link.act({ action: "stop" });
}

/** @param {string} factor */
function faster(factor) {
  const radio = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name="factor"][value="${factor}"]`));
  if (radio) radio.checked = true;
  link.hold({ factor: Number(factor) });
}

/** What a button does once. @type {Record<string, () => void>} */
const actions = {
  mix: () => link.act({ action: "mix", product: by("product").value }),
  stylet: () => link.act({ action: "stylet", needle: needle.number }),
  // The cannula is drawn back over the stylet, as the planner does after a leak: next to nothing is driven in.
  "drawn-over": () => link.act({ action: "stylet", needle: needle.number, volume_ml: DRAWN_OVER_ML }),
  withdraw: () => link.act({ action: "withdraw", needle: needle.number }),
  phlebogram: () => link.act({ action: "phlebogram", needle: needle.number, volume_ml: offered.phlebogram_ml }),
  balloon: () => link.act({ action: "balloon", needle: needle.number, volume_ml: offered.balloon_ml }),
  help: () => link.act({ action: "help" }),
  stop,
  keys: () => by("legend").showModal(),
  "legend-close": () => by("legend").close(),
  debrief: async () => { push(false); pedal(false); await link.settled(); link.leave(); window.location.assign(`/debrief/${offered.id}`); },
};
for (const [id, does] of Object.entries(actions)) by(id).addEventListener("click", () => { settle(); does(); });
held(by("pedal"), (down) => { if (down !== link.hands.pedal) pedal(down); });
held(by("plunger"), (down) => { if (down !== (link.hands.push !== null)) push(down); });
by("hold").addEventListener("change", () => { if (link.hands.push) push(true); });
for (const radio of document.querySelectorAll('input[name="factor"]')) {
  radio.addEventListener("change", () => faster(/** @type {HTMLInputElement} */ (radio).value));
}
listen({
  stop, pedal, push,
  press: (id) => by(id).click(),
  view: (name) => cArm.view(name),
  needle: (number) => needle.take(number),
  deeper: (mm) => needle.deeper(mm),
  faster: () => faster(FACTORS[(FACTORS.indexOf(`${link.hands.factor}`) + 1) % FACTORS.length]),
  legend: () => by("legend").showModal(),
});
showSyringe(0, 0, offered.volume_ml, false);
if (window.sessionStorage.getItem(RESTARTED)) {
  window.sessionStorage.removeItem(RESTARTED);
  say(by("restarted").dataset.text);
}
