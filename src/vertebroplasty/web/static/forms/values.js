// @ts-check
/** From fields to a record and back.  What nobody changed is sent as it was kept, digit for digit. */
import { addEntry, below, entries, renumber } from "./places.js";

/** @typedef {{shown: string, raw: any}} Kept */
/** @type {WeakMap<Element, Kept>} */
const kept = new WeakMap();
const NUMBER = /^[+\-−]?\d+([.,]\d+)?$/;

/**
 * The record below a place; what is not known is left out.
 * @param {Element} place
 * @returns {Record<string, any>}
 */
export function read(place) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const field of below(place)) {
    const value = valueOf(field);
    if (value !== undefined) found[field.dataset.name ?? ""] = value;
  }
  return found;
}

/** @param {HTMLElement} field @returns {any} */
function valueOf(field) {
  const kind = field.dataset.control;
  if (kind === "list") {
    const all = entries(field).map(read);
    return all.length ? all : undefined;
  }
  if (kind === "object") {
    const inner = read(field);
    return Object.keys(inner).length || kept.has(field) ? inner : undefined;
  }
  const shown = shownIn(field);
  const before = kept.get(field);
  if (before && before.shown === shown) return before.raw;
  if (kind === "yes-no") return shown === "" ? undefined : shown === "yes";
  if (kind === "choices" || kind === "lines") return listIn(field);
  if (shown === "") return undefined;
  if (kind === "moment") return withZone(shown);
  return "numbers" in field.dataset ? numberOrText(shown) : shown;
}

/** What stands in a field, as text. @param {HTMLElement} field @returns {string} */
function shownIn(field) {
  const kind = field.dataset.control;
  if (kind === "yes-no") return checked(field)[0] ?? "";
  if (kind === "choices" || kind === "lines") return JSON.stringify(listIn(field) ?? null);
  return simple(field).value.trim();
}

/** @param {HTMLElement} field @returns {HTMLInputElement} */
const simple = (field) => /** @type {HTMLInputElement} */ (field.querySelector(":scope > input, :scope > select, :scope > textarea"));

/** @param {HTMLElement} field @returns {string[]} */
const checked = (field) =>
  [...field.querySelectorAll(":scope > .options input")].filter((one) => /** @type {HTMLInputElement} */ (one).checked)
    .map((one) => /** @type {HTMLInputElement} */ (one).value);

/** Words ticked or lines written; nothing means unknown unless "none" is ticked. @param {HTMLElement} field @returns {string[] | undefined} */
function listIn(field) {
  const none = /** @type {HTMLInputElement | null} */ (field.querySelector("input[data-none]"));
  const lines = field.dataset.control === "lines"
    ? simple(field).value.split("\n").map((line) => line.trim()).filter(Boolean)
    : checked(field).filter(Boolean);
  if (lines.length) return lines;
  return none?.checked ? [] : undefined;
}

/** A number where it is one, with a point or a comma; else as written, for the registry to say what is wrong. @param {string} text */
const numberOrText = (text) => (NUMBER.test(text) ? Number(text.replace(",", ".").replace("−", "-")) : text);

/** A wall-clock time with this machine's zone on that day. @param {string} local @returns {string} */
function withZone(local) {
  const time = new Date(local);
  if (Number.isNaN(time.getTime())) return local;
  const minutes = -time.getTimezoneOffset();
  const two = (/** @type {number} */ value) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  const seconds = local.length > "2026-11-20T09:30".length ? local : `${local}:00`;
  return `${seconds}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** @param {string} moment @returns {string} */
function inThisZone(moment) {
  const time = new Date(moment);
  if (Number.isNaN(time.getTime())) return "";
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, "2026-11-20T09:30:00".length);
}

/**
 * Put a record into the fields below a place.
 * @param {Element} place @param {Record<string, any>} content
 */
export function fill(place, content) {
  for (const field of below(place)) {
    const value = content[field.dataset.name ?? ""];
    if (value !== undefined && value !== null) put(field, value);
  }
}

/** @param {HTMLElement} field @param {any} value */
function put(field, value) {
  const kind = field.dataset.control;
  if (kind === "list") {
    for (const one of value) fill(addEntry(field), one);
    renumber(field);
    return;
  }
  if (kind === "object") {
    kept.set(field, { shown: "", raw: value });
    fill(field, value);
    return;
  }
  if (kind === "yes-no") tick(field, [value ? "yes" : "no"]);
  else if (kind === "choices") tick(field, value);
  else if (kind === "lines") simple(field).value = value.join("\n");
  else simple(field).value = kind === "moment" ? inThisZone(value) : String(value);
  const none = /** @type {HTMLInputElement | null} */ (field.querySelector("input[data-none]"));
  if (none && Array.isArray(value)) none.checked = value.length === 0;
  kept.set(field, { shown: shownIn(field), raw: value });
}

/** @param {HTMLElement} field @param {string[]} values */
function tick(field, values) {
  for (const one of field.querySelectorAll(":scope > .options input")) {
    const box = /** @type {HTMLInputElement} */ (one);
    if (box.value || box.type === "radio") box.checked = values.includes(box.value);
  }
}

/**
 * Every known value of a record by its place.
 * @param {any} node @param {string} [path] @returns {Map<string, string>}
 */
export function leaves(node, path = "") {
  /** @type {Map<string, string>} */
  const found = new Map();
  if (Array.isArray(node)) node.forEach((one, n) => leaves(one, `${path}[${n}]`).forEach((value, key) => found.set(key, value)));
  else if (node !== null && typeof node === "object") {
    for (const [key, one] of Object.entries(node)) leaves(one, path ? `${path}.${key}` : key).forEach((value, place) => found.set(place, value));
  } else if (node !== undefined && node !== null) found.set(path, typeof node === "string" ? node : JSON.stringify(node));
  return found;
}
