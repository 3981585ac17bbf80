// @ts-check
/** The page of a form: filled, read, sent, and told what the registry says. */
import { post } from "/static/common/post.js";
import { refuse, settle } from "/static/common/say.js";
import { pick } from "./levels.js";
import { addEntry, below, control, named, removeEntry, renumber, wire } from "./places.js";
import { clear, show } from "./problems.js";
import { fill, leaves, read } from "./values.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("record"));
const body = /** @type {HTMLElement} */ (form.querySelector(".body"));
const beside = form.querySelector(".beside");
const saved = /** @type {HTMLElement} */ (document.getElementById("saved"));
const content = JSON.parse(document.getElementById("content")?.textContent ?? "{}");
/** @type {Record<string, string>} */
const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
const { kind = "", address = "" } = form.dataset;
const version = Number(form.dataset.version);
const isPart = ["leak", "complication"].includes(form.dataset.form ?? "");
const OWN_ID = /** @type {Record<string, string>} */ ({ patient: "pseudonym", procedure: "procedure_id", "follow-up": "follow_up_id" })[kind];
let changed = false;

/** @param {string} name @returns {HTMLInputElement | null} */
const input = (name) => /** @type {HTMLInputElement | null} */ (named(body, name)?.querySelector("input, select, textarea") ?? null);
/** @param {string} id @returns {HTMLInputElement | null} */
const extra = (id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id));

wire(body);
if (beside) wire(beside);
fill(body, content);
const whyLine = form.querySelector("[data-why] .problem");
if (whyLine) whyLine.id = "why-problem";
const levels = kind === "procedure" && !isPart ? named(body, "levels") : undefined;
const picker = document.getElementById("level-picker");
if (levels && picker instanceof HTMLTemplateElement) pick(levels, picker);
if (version && !isPart) { const own = input(OWN_ID); if (own) own.readOnly = true; } else if (!isPart) suggestId();
begin();

/** An id made of what is known already, until somebody writes another. */
function suggestId() {
  const id = input(OWN_ID);
  const parts = kind === "procedure" ? ["patient"] : kind === "follow-up" ? ["procedure", "seen_on"] : [];
  if (!id || !parts.length || id.value) return;
  const make = () => {
    const values = parts.map((name) => input(name)?.value.trim() ?? "");
    if (!id.dataset.byHand) id.value = values.every(Boolean) ? [...values, ...(kind === "procedure" ? ["1"] : [])].join("-") : "";
  };
  id.addEventListener("input", () => { id.dataset.byHand = "yes"; });
  for (const name of parts) input(name)?.addEventListener("input", make);
  make();
}

/** Put the cursor where the typing begins. */
function begin() {
  const empty = below(body).map((field) => control(field)).find((one) => one instanceof HTMLInputElement && one.type === "text" && !one.value && !one.readOnly);
  (isPart ? extra("at-level") ?? control(below(body)[0]) : empty)?.focus({ preventScroll: true });
}

/** @returns {Record<string, any>} */
function payload() {
  const looked = beside ? read(beside).leaks_looked_for_with ?? [] : [];
  if (isPart) return { part: read(body), looked_for_with: looked, at_level: extra("at-level")?.value || null, version, why: extra("why")?.value ?? "" };
  if (version) return { record: read(body), version, why: extra("why")?.value ?? "" };
  return { record: read(body), not_a_duplicate: extra("not-a-duplicate")?.value.trim() || null };
}

/** What differs from what is kept. */
function showChanges() {
  const table = document.getElementById("changes");
  if (!table) return;
  const [before, after] = [leaves(isPart ? {} : content), leaves(read(body))];
  const places = [...new Set([...before.keys(), ...after.keys()])].filter((place) => before.get(place) !== after.get(place));
  table.replaceChildren(...places.map((place) => {
    const row = document.createElement("tr");
    const code = document.createElement("code");
    code.textContent = place;
    for (const one of [code, before.get(place) ?? texts.unknown, after.get(place) ?? texts.unknown]) {
      const cell = document.createElement("td");
      cell.append(one);
      row.append(cell);
    }
    return row;
  }));
  const none = extra("no-change");
  if (none) none.hidden = places.length > 0;
  /** @type {HTMLElement} */ (table.parentElement).hidden = places.length === 0;
}

form.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  const list = /** @type {HTMLElement | null} */ (button?.closest("[data-control=list]") ?? null);
  if (!button || !list) return;
  if (button.matches(".add")) control(below(addEntry(list))[0])?.focus();
  else if (button.matches(".remove")) {
    const entry = /** @type {HTMLElement} */ (button.closest("[data-control=entry]"));
    const own = /** @type {HTMLElement} */ (entry.closest("[data-control=list]"));
    removeEntry(entry);
    control(own)?.focus();
  } else return;
  changed = true;
  showChanges();
});
form.addEventListener("input", () => { changed = true; showChanges(); });
form.addEventListener("change", (event) => {
  const box = event.target;
  if (box instanceof HTMLInputElement && box.type === "checkbox") exclude(box);
  const list = box instanceof Element ? box.closest("[data-control=list]") : null;
  if (list) renumber(/** @type {HTMLElement} */ (list));
});

/** "None" and the words exclude each other. @param {HTMLInputElement} box */
function exclude(box) {
  if (!box.checked) return;
  const all = /** @type {HTMLInputElement[]} */ ([...(box.closest("[data-control=choices]")?.querySelectorAll("input") ?? [])]);
  for (const other of all) if (other !== box && ("none" in box.dataset || "none" in other.dataset)) other.checked = false;
}

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  if (event.ctrlKey || event.metaKey) form.requestSubmit();
  if (event.ctrlKey || event.metaKey || (event.target instanceof HTMLInputElement)) event.preventDefault();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const send = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  if (send.disabled) return;
  send.disabled = true;
  settle();
  try {
    const answer = await post(address, payload());
    changed = false;
    clear(form);
    tell(answer);
  } catch (error) {
    const refused = /** @type {{message: string, status?: number, body?: any}} */ (error);
    if (!refused.status) refuse(refused.message);
    else {
      show(form, body, refused.message, refused.body?.problems ?? []);
      if (refused.body?.duplicate) /** @type {HTMLElement} */ (document.getElementById("duplicate")).hidden = false;
      if (refused.body?.where === "who") document.getElementById("who")?.focus();
    }
  } finally {
    send.disabled = false;
  }
});

/** What was kept, what to look at again, and what comes next. @param {{kind: string, id: string, address: string, warnings: {path: string, sentence: string}[]}} answer */
function tell(answer) {
  const at = encodeURIComponent(answer.address);
  const heading = /** @type {HTMLElement} */ (saved.querySelector("h2"));
  heading.textContent = `✓ ${texts.saved} ${answer.id}`;
  const warnings = /** @type {HTMLElement} */ (saved.querySelector(".warnings"));
  warnings.hidden = answer.warnings.length === 0;
  warnings.querySelector("ul")?.replaceChildren(...answer.warnings.map((one) => {
    const item = document.createElement("li");
    item.textContent = `${one.path}: ${one.sentence}`;
    return item;
  }));
  /** @type {[string, string][]} */
  const links = [[`/registry/record/${answer.kind}/${at}`, texts.open_record]];
  if (answer.kind === "patient") links.push([`/registry/new/procedure?patient=${at}`, texts.new_procedure]);
  if (answer.kind === "procedure") links.push([`/registry/new/follow-up?procedure=${at}`, texts.new_follow_up]);
  if (answer.warnings.length) links.push([`/registry/amend/${answer.kind}/${at}`, texts.amend]);
  links.push([isPart ? window.location.pathname : version ? "/registry" : `/registry/new/${form.dataset.form}`, version && !isPart ? texts.start : texts.another]);
  saved.querySelector(".next")?.replaceChildren(...links.map(([target, words], n) => {
    const link = document.createElement("a");
    link.className = n ? "button" : "button first";
    link.href = target;
    link.textContent = words;
    return link;
  }));
  form.hidden = true;
  saved.hidden = false;
  saved.focus();
}

window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
showChanges();
document.body.dataset.ready = "all";
