// One page's connection to one queue, shared by every QueueManager that the page opens on it.
import { E_INVALIDARG, QM_E_SERVICE_UNAVAILABLE } from "../constants.js";
import { Session } from "../qmgr.js";
import { asked } from "./fresh-request.js";
import { internal } from "./internal.js";
import { load } from "./load.js";
import { platform } from "./platform.js";
import { QmgrError } from "./qmgr-error.js";
import { requireWorker, WorkerHost } from "./worker-host.js";

/** How long `open` waits for an engine's first word, in milliseconds. */
const FIRST_WORD_LIMIT = 10_000;

/** The open connections, and those that are being closed, by the queue's name. */
const connections = new Map();

export class Connection {
  /** Opens the queue once more: resolves to a session of its own. */
  static async open(options, manager) {
    for (;;) {
      let connection = connections.get(options.name);
      if (connection === undefined) {
        connection = new Connection(options);
        connections.set(options.name, connection);
      }
      if (connection.#closing === undefined) return connection.#share(options, manager);
      await connection.#closing;
    }
  }

  #name;
  #id;
  #fetch;
  #opened;
  #session;
  #host;
  #managers = new Set();
  #activeWorker;
  #closing;

  constructor(options) {
    this.#name = options.name;
    this.#fetch = options.fetch;
    this.#opened = this.#start(options);
    // Whoever opens the queue hears of a failure; nobody else has to.
    this.#opened.catch(() => {});
  }

  get role() {
    const isOurs = this.#id === undefined || this.#id === this.#activeWorker;
    return isOurs ? "active" : "standby";
  }

  get storage() {
    return this.#session.storage;
  }

  /** Ends a manager's part; the last one takes the connection with it. */
  async close(manager, session) {
    if (!this.#managers.delete(manager)) return this.#closing;
    const last = this.#managers.size === 0;
    const closed = session.close();
    if (last) await this.#end();
    await closed;
  }

  async #share(options, manager) {
    this.#managers.add(manager);
    let session;
    try {
      await this.#opened;
      this.#check(options);
      session = this.#session.share(options.caller);
      if (options.onRequest !== undefined) session.onRequest(asked(options.onRequest));
      if (Object.keys(options.settings).length > 0) await session.configure(options.settings);
      return { connection: this, session };
    } catch (error) {
      session?.close();
      this.#managers.delete(manager);
      if (this.#managers.size === 0) await this.#end();
      throw error;
    }
  }

  #check({ storage, fetch }) {
    if (storage !== undefined && storage !== this.storage) {
      const message = `the option storage is ${storage}, the queue's is ${this.storage}`;
      throw new QmgrError(E_INVALIDARG, message);
    }
    if (fetch !== undefined && this.storage !== "memory") {
      throw new QmgrError(E_INVALIDARG, "the option fetch is for the storage memory only");
    }
    if (fetch !== undefined && fetch !== this.#fetch) {
      throw new QmgrError(E_INVALIDARG, "the option fetch is not the one the queue was opened with");
    }
  }

  async #start(options) {
    const { name, fetch, wasm, worker } = options;
    const storage = options.storage ?? (isOutsideBrowser() ? "memory" : undefined);
    const inProcess = storage === "memory";
    if (!inProcess) {
      requireBrowser();
      requireWorker(worker);
    }
    const module = load(wasm);
    const observer = (...event) => this.#onEvent(...event);
    if (inProcess) {
      await module;
      this.#session = await Session.start({ name, storage, fetch }, observer);
      return;
    }
    this.#id = crypto.randomUUID();
    const connected = module.then(() => {
      this.#session = Session.connect({ name, worker: this.#id }, observer);
    });
    const start = { name, storage, worker: this.#id };
    this.#host = new WorkerHost(module, start, worker, ({ hresult, message }, isLast) => {
      // Without a session `open` has failed for another reason.
      connected.then(() => this.#session.lackWorker(hresult, message, isLast), () => {});
    });
    await connected;
    globalThis.addEventListener?.("pagehide", this.#onPageHide);
    globalThis.addEventListener?.("pageshow", this.#onPageShow);
    await this.#firstWord();
  }

  async #firstWord() {
    const timer = setTimeout(() => {
      const message =
        `no engine answered within ${FIRST_WORD_LIMIT / 1000} s: another tab holds the queue and ` +
        "is frozen, or this page's worker was not allowed to start";
      this.#session.fail(QM_E_SERVICE_UNAVAILABLE, message);
    }, FIRST_WORD_LIMIT);
    try {
      await this.#session.ready();
    } finally {
      clearTimeout(timer);
    }
  }

  #end() {
    this.#closing ??= this.#stop().finally(() => {
      connections.delete(this.#name);
    });
    return this.#closing;
  }

  async #stop() {
    globalThis.removeEventListener?.("pagehide", this.#onPageHide);
    globalThis.removeEventListener?.("pageshow", this.#onPageShow);
    await this.#opened.catch(() => {});
    const isActive = this.role === "active";
    await this.#session?.close();
    await this.#host?.stop(isActive);
  }

  #onPageHide = (event) => {
    if (event.persisted) this.#session.hide();
    else this.#session.leave();
    this.#host.hide();
  };

  #onPageShow = (event) => {
    if (!event.persisted) return;
    this.#session.show();
    this.#host.show();
  };

  #onEvent(type, ...details) {
    if (type === "active") this.#onActive(...details);
    else this.#tell(type, ...details);
  }

  #onActive(worker) {
    const before = this.role;
    this.#activeWorker = worker;
    if (this.role !== before) this.#tell("role");
  }

  #tell(type, ...details) {
    for (const manager of [...this.#managers]) manager[internal](type, ...details);
  }
}

/** Where nothing outlives the process. A browser that denies IndexedDB is none of these: it says so. */
function isOutsideBrowser() {
  const hasNoWorker = platform.worker === undefined || globalThis.Worker === undefined;
  return hasNoWorker && globalThis.indexedDB === undefined;
}

/** What the engine needs of a browser, each with its name. */
function requireBrowser() {
  const missing = [];
  if (globalThis.isSecureContext === false) missing.push("a secure context (https, or localhost)");
  if (globalThis.indexedDB == null) missing.push("IndexedDB");
  if (globalThis.navigator?.locks === undefined) missing.push("Web Locks (navigator.locks)");
  if (globalThis.BroadcastChannel === undefined) missing.push("BroadcastChannel");
  if (globalThis.Worker === undefined) missing.push("Worker");
  if (missing.length === 0) return;
  const message = `a queue that outlives the page needs ${missing.join(", ")}, which is not here`;
  throw new QmgrError(QM_E_SERVICE_UNAVAILABLE, message);
}
