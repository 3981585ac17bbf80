// @ts-check
/** What happened, as the trainee knows it; a held syringe is one line. */
import { inWords } from "./gantry.js";
import { minutes } from "./minutes.js";
import { filled } from "./words.js";

const KEPT = 200;
const GOES_ON_S = 1;

export class Log {
  /** @param {Record<string, string>} texts */
  constructor(texts) {
    this.texts = texts;
    this.place = /** @type {HTMLElement} */ (document.getElementById("log"));
    /** @type {{line: HTMLElement, ml: number, end_s: number} | null} */
    this.push = null;
  }

  clear() { this.place.replaceChildren(); this.push = null; }

  /** @param {any[]} events */
  add(events) {
    for (const event of events) this.one(event);
    while (this.place.childElementCount > KEPT) this.place.firstElementChild?.remove();
  }

  /** @param {any} event */
  one(event) {
    if (event.event === "pushed") { this.pushed(event); return; }
    const [text, kind] = this.told(event);
    if (text) this.write(event.t_s, text, kind);
  }

  /** @param {any} event */
  pushed(event) {
    const goesOn = this.push && event.begin_s - this.push.end_s < GOES_ON_S ? this.push : null;
    const ml = (goesOn?.ml ?? 0) + event.volume_ml;
    if (ml > 0) {
      const text = filled(this.texts.ev_pushed, { ml: ml.toFixed(2) });
      const line = goesOn?.line ?? this.write(event.begin_s, text, "");
      /** @type {HTMLElement} */ (line.lastElementChild).textContent = text;
      this.push = { line, ml, end_s: event.t_s };
    }
    if (event.said) this.write(event.t_s, event.said, "no");
  }

  /** @param {any} event @returns {[string, string]} */
  told(event) {
    const { texts } = this;
    switch (event.event ?? event.action) {
      case "start": return [texts.ev_start, ""];
      case "mix-start": return [filled(texts.ev_mix, event), ""];
      case "move-needle": return [filled(texts.ev_needle, event), ""];
      case "needle-out": return [filled(texts.ev_out, event), ""];
      case "c-arm": return [filled(event.plane === 2 ? texts.ev_c_arm_second : texts.ev_c_arm, { pose: inWords(texts, [event.lao_deg, event.cranial_deg]) }), ""];
      case "picture": return event.live ? ["", ""] : [filled(texts.ev_picture, { view: texts[`view_${event.view}`] }), ""];
      case "stylet": return event.event ? [texts.ev_stylet, ""] : ["", ""];
      case "leak": return [filled(texts.ev_seen, { site: texts[`site_${event.site}`] ?? event.site }), "seen"];
      case "stop": return event.event ? [filled(texts.ev_stop, { ml: event.injected_ml.toFixed(2) }), "seen"] : ["", ""];
      case "phlebogram": return event.event ? [filled(texts.ev_phlebogram, { ml: event.volume_ml }), ""] : ["", ""];
      case "balloon": return event.event ? [filled(texts.ev_balloon, { ml: Number(event.volume_ml.toFixed(2)) }), ""] : ["", ""];
      case "advice": case "impossible": return [event.said ?? "", "no"];
      default: return ["", ""];
    }
  }

  /** @param {number} t_s @param {string} text @param {string} kind @returns {HTMLElement} */
  write(t_s, text, kind) {
    const atEnd = this.place.scrollTop + this.place.clientHeight >= this.place.scrollHeight - 30;
    const line = document.createElement("li");
    const time = document.createElement("time");
    const words = document.createElement("span");
    time.textContent = minutes(t_s);
    words.textContent = text;
    line.className = kind;
    if (kind === "no") words.lang = "en";
    line.append(time, words);
    this.place.append(line);
    if (atEnd) this.place.scrollTop = this.place.scrollHeight;
    return line;
  }
}
