import { internal } from "./internal.js";

/** The groups of one QueueManager that somebody listens to or waits for: kept alive, and told. */
export class HeldGroups {
  /** By serial; several handles of one group each have listeners of their own. */
  #groups = new Map();
  #closed = false;

  add(group, serial) {
    if (this.#closed) return;
    const handles = this.#groups.get(serial) ?? new Set();
    this.#groups.set(serial, handles.add(group));
  }

  delete(group, serial) {
    const handles = this.#groups.get(serial);
    handles?.delete(group);
    if (handles?.size === 0) this.#groups.delete(serial);
  }

  tell(serial, type, status) {
    for (const group of [...(this.#groups.get(serial) ?? [])]) group[internal](type, status);
  }

  /** The queue is closed: whoever waits hears of it, and nobody is kept any longer. */
  close() {
    const handles = [...this.#groups.values()].flatMap((group) => [...group]);
    this.#closed = true;
    this.#groups.clear();
    for (const group of handles) group[internal]("closed");
  }
}
