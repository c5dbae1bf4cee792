// The page's own worker, in which the engine runs while this tab is the active one.
import { E_INVALIDARG } from "../constants.js";
import { complaintOf, cureOf, typeOf, unavailable, WORKER } from "./own-files.js";
import { platform } from "./platform.js";
import { QmgrError } from "./qmgr-error.js";

/** How long a worker may take to write down where it is, in milliseconds. */
const STOP_LIMIT = 5_000;

/** Whether there is a worker to start: the caller's, or the entry's own. */
export function requireWorker(source) {
  if (source !== undefined || platform.worker !== undefined) return;
  throw new QmgrError(E_INVALIDARG, `the option worker is missing: this entry starts none by itself. The file is ${WORKER.entry}`);
}

/** How long the last word of a worker that has ended may be on its way, in milliseconds. */
const LAST_WORD_LIMIT = 1_000;

/** A worker that ends sooner has had a short life, in milliseconds; after so many of them in a row no other is started. */
const SHORT_LIFE = 10_000;
const MOST_SHORT_LIVES = 3;

export class WorkerHost {
  #module;
  #start;
  #source;
  #cure;
  #onFailure;
  #worker;
  #stopped;
  #watch;
  #shortLives = 0;

  /**
   * Starts a worker. Its script loads while the module is being compiled.
   *
   * @param {Promise<WebAssembly.Module>} module Whoever waits for it too hears of its failure; the worker
   *   is then idle until `stop`.
   * @param {object} start What else the engine is told: `name`, `storage` and `worker`, the id under
   *   which the page knows it.
   * @param {URL | string | (() => Worker) | undefined} source
   * @param {(error: QmgrError, isLast: boolean) => void} onFailure The worker cannot be an engine;
   *   `isLast`: it says so itself, so no other tab's is one that this page may use.
   */
  constructor(module, start, source, onFailure) {
    this.#module = module;
    this.#start = start;
    this.#source = source ?? platform.worker();
    this.#cure = cureOf(WORKER, source !== undefined);
    this.#onFailure = onFailure;
    globalThis.document?.addEventListener("visibilitychange", this.#onVisibility);
    this.show();
  }

  /**
   * Ends the worker at once: a page that is left may be kept in the back/forward cache, and its worker
   * with it, holding the queue against every other tab.
   */
  hide() {
    this.#end();
  }

  /** Starts another worker, unless there is one. */
  show() {
    if (this.#worker === undefined) this.#run();
  }

  /** Ends the worker; one that is the active engine may first write down where it is. */
  async stop(isActive) {
    globalThis.document?.removeEventListener("visibilitychange", this.#onVisibility);
    if (isActive && this.#worker !== undefined) await this.#checkpoint();
    this.#end();
  }

  async #checkpoint() {
    let timer;
    await new Promise((resolve) => {
      this.#stopped = resolve;
      timer = setTimeout(resolve, STOP_LIMIT);
      this.#worker.postMessage({ type: "stop" });
    });
    clearTimeout(timer);
  }

  #run() {
    let worker;
    try {
      worker = this.#create();
      if (typeof worker?.postMessage !== "function") throw new TypeError("it is no Worker");
    } catch (cause) {
      this.#onFailure(unavailable(`the worker could not be created: ${this.#refusal(cause)}`, cause), false);
      return;
    }
    this.#worker = worker;
    // What a worker said before it was ended may come after.
    const ifCurrent = (listener) => (event) => {
      if (worker === this.#worker) listener(event);
    };
    const life = `qmgr-worker:${crypto.randomUUID()}`;
    worker.addEventListener("message", ifCurrent(({ data }) => {
      if (data?.type === "alive") void this.#outlive(worker, life);
      else this.#onMessage(data);
    }));
    worker.addEventListener("error", ifCurrent((event) => this.#onError(event)));
    this.#module.then(
      (module) => {
        const isCurrent = worker === this.#worker;
        if (isCurrent) worker.postMessage({ type: "start", module, visible: isVisible(), life, ...this.#start });
      },
      () => {},
    );
  }

  #create() {
    if (typeof this.#source === "function") return this.#source();
    return new Worker(this.#source, { type: "module" });
  }

  #refusal(cause) {
    const reason = cause?.message ?? String(cause);
    const cure = /TrustedScriptURL/.test(reason)
      ? "The page requires Trusted Types: pass the option `worker` of QueueManager.open(), a function that returns " +
        'new Worker(policy.createScriptURL(url), { type: "module" }) with the url of qmgr/worker.'
      : this.#cure;
    return `${reason}. ${cure}`;
  }

  /** Starts another worker when one has ended without a word, as a browser that lacks memory may have it. */
  async #outlive(worker, life) {
    const born = performance.now();
    this.#watch = new AbortController();
    try {
      await navigator.locks.request(life, { signal: this.#watch.signal }, () => {});
    } catch {
      // Its page has ended it.
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LAST_WORD_LIMIT));
    if (worker !== this.#worker) return;
    this.#shortLives = performance.now() - born < SHORT_LIFE ? this.#shortLives + 1 : 0;
    this.#end();
    if (this.#stopped !== undefined) return;
    if (this.#shortLives < MOST_SHORT_LIVES) this.#run();
    else this.#onFailure(unavailable("the worker ends again and again, and nothing says why"), false);
  }

  #end() {
    this.#watch?.abort();
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#stopped?.();
  }

  #onMessage(message) {
    if (message?.type === "stopped") this.#stopped?.();
    // One that is stopping has its next life in another page.
    if (this.#stopped !== undefined) return;
    if (message?.type === "over") {
      this.#end();
      this.#run();
    }
    if (message?.type === "failed") {
      this.#end();
      this.#onFailure(new QmgrError(message.hresult, message.message), true);
    }
  }

  async #onError(event) {
    event.preventDefault?.();
    this.#end();
    const found = event.message
      ? `the worker failed: ${event.message}`
      : `the worker could not be loaded: ${await this.#whyNotLoaded()}. ${this.#cure}`;
    this.#onFailure(unavailable(found), false);
  }

  /** The browser does not say why, so the script is fetched once more to see what comes. */
  async #whyNotLoaded() {
    if (typeof this.#source === "function") return "the browser does not say why";
    const url = new URL(this.#source, globalThis.document?.baseURI);
    if (url.protocol === "blob:") return "the browser refused its blob: address";
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      const type = typeOf(response) || "without a type";
      return complaintOf(response) ?? `the browser refused ${url} (${type}): its type or the content security policy's worker-src forbids it`;
    } catch {
      return `${url} could not be fetched`;
    }
  }

  #onVisibility = () => {
    this.#worker?.postMessage({ type: "visible", visible: isVisible() });
  };
}

function isVisible() {
  return globalThis.document?.visibilityState !== "hidden";
}
