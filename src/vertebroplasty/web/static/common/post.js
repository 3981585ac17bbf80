// @ts-check
/** Talking to the server: every answer is JSON, every refusal is one sentence. */

/** @param {string} name @returns {string} */
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";

/** A refusal of the server, its message for people. */
export class RefusedByServer extends Error {
  /** @param {string} message @param {number} status @param {any} body */
  constructor(message, status, body) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** @param {Response} response @returns {Promise<any>} */
async function answered(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new RefusedByServer(body.error ?? `${response.status}`, response.status, body);
  return body;
}

/** @param {string} address @param {RequestInit} options @returns {Promise<any>} */
async function asked(address, options) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new RefusedByServer(meta("no-answer"), 0, {});
  }
  return answered(response);
}

/** @param {string} address @returns {Promise<any>} */
export const get = (address) => asked(address, { headers: { Accept: "application/json" } });

/**
 * @param {string} address @param {any} [body] sent as JSON
 * @param {"POST" | "DELETE"} [method]
 * @returns {Promise<any>}
 */
export const post = (address, body = {}, method = "POST") =>
  asked(address, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": meta("csrf-token") },
    body: JSON.stringify(body),
  });

/**
 * Send one file as the body, with progress; `signal` cancels.
 * @param {string} address @param {Blob} file
 * @param {(share: number) => void} progress @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function sendFile(address, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-CSRF-Token", meta("csrf-token"));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => progress(event.total ? event.loaded / event.total : 0));
    request.addEventListener("load", () => {
      const body = request.response ?? {};
      if (request.status < 300) resolve(body);
      else reject(new RefusedByServer(body.error ?? `${request.status}`, request.status, body));
    });
    request.addEventListener("error", () => reject(new RefusedByServer(meta("no-answer"), 0, {})));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
