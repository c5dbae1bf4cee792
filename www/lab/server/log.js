/**
 * What the server was asked and what it did, one entry a request:
 * `{ id, at, method, path, range, ifRange, origin, version, status, sent, end, closedAt }`. `version` and `status` are null
 * while there is no answer, and stay so where none comes. Times are in ms since the epoch; `sent` counts bytes of the body;
 * `end` is null while the answer is on its way, then `"complete"`, `"cut"` (by the script) or `"client"` (the other side
 * went away).
 */
export class RequestLog {
  #entries = [];
  #waiting = new Set();
  #last;
  #keep;

  /** `keep`: how many entries at most; `after`: the id before the first. */
  constructor({ keep = Infinity, after = 0 } = {}) {
    this.#keep = keep;
    this.#last = after;
  }

  open(request, path) {
    const { method, headers } = request;
    const entry = {
      id: ++this.#last, at: Date.now(), method, path,
      range: headers.range ?? null, ifRange: headers["if-range"] ?? null, origin: headers.origin ?? null,
      version: null, status: null, sent: 0, end: null, closedAt: null,
    };
    this.#entries.push(entry);
    if (this.#entries.length > this.#keep) this.#entries.shift();
    this.#changed();
    return entry;
  }

  answered(entry, { status, version }) {
    Object.assign(entry, { status, version });
    this.#changed();
  }

  sent(entry, bytes) {
    entry.sent += bytes;
    this.#changed();
  }

  close(entry, end) {
    if (entry.end !== null) return;
    entry.end = end;
    entry.closedAt = Date.now();
    this.#changed();
  }

  #changed() {
    for (const look of this.#waiting) look();
  }

  /** Entries so far, oldest first: all, or those of one path. */
  entries(path) {
    return path === undefined ? [...this.#entries] : this.#entries.filter((entry) => entry.path === path);
  }

  /** GET requests to one path. */
  gets(path) {
    return this.entries(path).filter(({ method }) => method === "GET");
  }

  clear() {
    this.#entries = [];
  }

  /** Resolves with the first entry, past or to come, of which `test` is true. */
  until(test, { timeout = 10_000, what = "a request" } = {}) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.#entries.find(test);
        if (found) settle(resolve, found);
      };
      const timer = setTimeout(() => settle(reject, new Error(`the server waited ${timeout} ms in vain for ${what}`)), timeout);
      const settle = (how, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        how(value);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
