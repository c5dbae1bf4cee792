/**
 * The page's side of the laboratory's server: the scripted one where `cargo xtask play` serves the page, else the same
 * rules in a service worker. Both are told what to do over the same control path (`server/control.js`).
 */
import { FILES, OTHER_ORIGIN } from "./addresses.js";
import { scriptUrl } from "./script-url.js";

let found;

/** Finds the server, or starts the one in the service worker. Rejects with a sentence where neither can be. */
export function labServer() {
  found ??= find().catch((error) => {
    found = undefined;
    throw error;
  });
  return found;
}

async function find() {
  const response = await fetch("samples.json");
  const { lab } = response.ok ? await response.json() : {};
  if (lab) return new LabServer("server", lab.otherOrigin);
  await startWorker();
  return new LabServer("worker", OTHER_ORIGIN);
}

async function startWorker() {
  if (!("serviceWorker" in navigator)) {
    throw new Error("The laboratory needs a service worker, which this browser does not allow here.");
  }
  try {
    await navigator.serviceWorker.register(scriptUrl("lab-worker.js", document.baseURI), { type: "module" });
  } catch (error) {
    throw new Error(`The laboratory's service worker did not start: ${error.message}`, { cause: error });
  }
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
    // Between the look above and here it may have come.
    if (navigator.serviceWorker.controller) resolve();
  });
}

export class LabServer {
  #base = new URL(".", document.baseURI);
  #otherOrigin;

  /** `kind` is `"server"` or `"worker"`. */
  constructor(kind, otherOrigin) {
    this.kind = kind;
    this.#otherOrigin = otherOrigin;
  }

  /** A file's address, on this site or on another one. */
  url(name, site = "same") {
    return site === "other" ? `${this.#otherOrigin}${FILES}${name}` : new URL(`${FILES.slice(1)}${name}`, this.#base).href;
  }

  /** Makes or replaces a file. */
  serve(name, script) {
    return this.#control("PUT", `files${FILES}${name}`, script);
  }

  /** Changes some keys of a file's script; a body on its way follows at once. */
  change(name, script) {
    return this.#control("PATCH", `files${FILES}${name}`, script);
  }

  /** What was asked for after the entry of an id, of all files, oldest first (`server/log.js`). */
  requests(after = 0) {
    return this.#control("GET", `log?after=${after}`);
  }

  async #control(method, target, body) {
    const init = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(new URL(`control/${target}`, this.#base), { method, ...init });
    const answer = await response.json();
    if (!response.ok) throw new Error(`The laboratory's server says: ${answer.error}`);
    return answer;
  }
}
