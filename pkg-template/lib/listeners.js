// Which listeners an EventTarget has: the platform does not tell, and a group is kept alive for them.

export class Listeners {
  #entries = [];

  /** `onChange` is called when the first listener comes and when the last one goes. */
  constructor(onChange) {
    this.onChange = onChange;
  }

  get any() {
    return this.#entries.length > 0;
  }

  /** As `addEventListener`: one that is there already, or whose signal is aborted, is not added. */
  add(type, listener, options) {
    const { capture = false, once = false, signal } = Object(options === true ? { capture: true } : options);
    if (listener === null || listener === undefined || signal?.aborted) return;
    if (this.#find(type, listener, Boolean(capture)) !== undefined) return;
    const entry = { type: String(type), listener, capture: Boolean(capture), once: Boolean(once) };
    if (signal) {
      const onAbort = () => this.#delete(entry);
      signal.addEventListener("abort", onAbort, { once: true });
      entry.detach = () => signal.removeEventListener("abort", onAbort);
    }
    this.#entries.push(entry);
    if (this.#entries.length === 1) this.onChange();
  }

  /** As `removeEventListener`. */
  remove(type, listener, options) {
    const capture = typeof options === "object" && options !== null ? options.capture : options;
    const entry = this.#find(type, listener, Boolean(capture));
    if (entry) this.#delete(entry);
  }

  /** To be called before an event is dispatched: it removes those that listen once. */
  spend(type) {
    for (const entry of this.#entries.filter((known) => known.once && known.type === type)) {
      this.#delete(entry);
    }
  }

  #find(type, listener, capture) {
    const same = (entry) =>
      entry.type === String(type) && entry.listener === listener && entry.capture === capture;
    return this.#entries.find(same);
  }

  #delete(entry) {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    entry.detach?.();
    if (this.#entries.length === 0) this.onChange();
  }
}
