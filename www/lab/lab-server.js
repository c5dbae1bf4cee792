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
  const workers = navigator.serviceWorker;
  if (workers === undefined) {
    throw new Error("On this host the laboratory's server is a service worker, and this browser allows none here: many do not in private windows. The rest of the page works.");
  }
  try {
    await register();
  } catch (error) {
    throw new Error(`On this host the laboratory's server is a service worker, and this browser did not start it. The rest of the page works. The browser says: ${error.message}`, { cause: error });
  }
  if (workers.controller) return;
  const controlled = new Promise((resolve) => workers.addEventListener("controllerchange", resolve, { once: true }));
  const { active } = await workers.ready;
  // A page that was loaded past its caches has no service worker until that takes hold of it.
  active.postMessage("claim");
  if (!workers.controller) await controlled;
}

/** Browsers whose service workers cannot be modules can run the one file that the site's assembly makes of it. */
async function register() {
  const script = scriptUrl("lab-worker.js", document.baseURI);
  try {
    await navigator.serviceWorker.register(script, { type: "module" });
  } catch {
    await navigator.serviceWorker.register(script);
  }
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
