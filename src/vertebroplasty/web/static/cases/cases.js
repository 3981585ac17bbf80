// @ts-check
/** The list of cases: choosing a level, sending files with progress, deleting an upload. */
import { watched } from "../common/job.js";
import { post, sendFile } from "../common/post.js";
import { refuse, say, settle } from "../common/say.js";

/** @type {Record<string, string>} */
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const PARTS = ["ct", "seg", "patient"];

/** @param {unknown} error */
const told = (error) => refuse(error instanceof Error ? error.message : String(error));

for (const form of document.querySelectorAll("form.choose")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const level = new FormData(/** @type {HTMLFormElement} */ (form)).get("level");
    window.location.assign(`/cases/${/** @type {HTMLElement} */ (form).dataset.case}/${level}`);
  });
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button.remove"))) {
  button.addEventListener("click", async () => {
    if (!window.confirm(words.remove_sure)) return;
    try {
      await post(`/cases/${button.dataset.case}`, {}, "DELETE");
      document.getElementById(button.dataset.case ?? "")?.remove();
    } catch (error) { told(error); }
  });
}

for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input.answers"))) {
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    if (!file) return;
    try {
      await sendFile(`/cases/${input.dataset.case}/patient`, file, () => undefined);
      say(words.answers_kept);
    } catch (error) { told(error); }
    input.value = "";
  });
}

const form = /** @type {HTMLFormElement} */ (document.getElementById("upload"));
const place = /** @type {HTMLElement} */ (document.getElementById("upload-progress"));
let uploadId = ""; // files that were sent already are not sent again when only the way of reading changes
let sent = new Map();

/** A bar with a word and a cancel button. @param {AbortController} stop */
function bar(stop) {
  const doing = document.createElement("p");
  const progress = document.createElement("progress");
  const cancel = document.createElement("button");
  doing.id = "sending";
  progress.setAttribute("aria-labelledby", "sending");
  progress.max = 1;
  cancel.type = "button";
  cancel.textContent = words.cancel;
  cancel.addEventListener("click", () => stop.abort());
  place.replaceChildren(doing, progress, cancel);
  return { doing, progress };
}

/** @param {FormData} chosen @param {AbortSignal} signal @param {{doing: HTMLElement, progress: HTMLProgressElement}} shown */
async function sendFiles(chosen, signal, shown) {
  const files = PARTS.map((part) => ({ part, file: chosen.get(part) }));
  const bytes = files.reduce((sum, { file }) => sum + (file instanceof File ? file.size : 0), 0);
  if (!uploadId) uploadId = (await post("/cases/uploads", { bytes })).id;
  for (const { part, file } of files) {
    if (!(file instanceof File) || file.size === 0 || sent.get(part) === file) continue;
    shown.doing.textContent = words.sending.replace("{part}", part);
    await sendFile(`/uploads/${uploadId}/${part}`, file, (share) => { shown.progress.value = share; }, signal);
    sent.set(part, file);
  }
}

/** @param {FormData} chosen */
const stated = (chosen) => ({
  labels: chosen.get("labels") || null,
  series: chosen.get("series") || null,
  confirm_level: chosen.get("confirm_level") || null,
  resample_tilt: chosen.get("resample_tilt") === "on",
});

async function forget() {
  if (uploadId) await post(`/cases/uploads/${uploadId}`, {}, "DELETE").catch(() => undefined);
  uploadId = "";
  sent = new Map();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  settle();
  const chosen = new FormData(form);
  const stop = new AbortController();
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button.first"));
  button.disabled = true;
  try {
    await sendFiles(chosen, stop.signal, bar(stop));
    const { job } = await post(`/cases/uploads/${uploadId}/done`, stated(chosen));
    const ended = await watched(place, job, words);
    if (ended.state === "done") { window.location.hash = ended.next.split("#")[1] ?? ""; window.location.reload(); }
    else if (ended.state === "failed") refuse(ended.sentence);
    else await forget();
  } catch (error) {
    place.replaceChildren();
    if (error instanceof DOMException && error.name === "AbortError") { say(words.cancelled); await forget(); }
    else told(error);
  } finally {
    button.disabled = false;
  }
});
