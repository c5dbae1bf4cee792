/** How much of the origin's storage is used, and whether the browser may clear it when space runs short. */
import { setText } from "./element.js";
import { bytes } from "./format.js";
import { attempt } from "./event-log.js";

const usage = document.querySelector("#usage");
const meter = document.querySelector("#usage-meter");
const persisted = document.querySelector("#persisted");
const persist = document.querySelector("#persist");

export class StorageMeter {
  #queue;

  constructor(queue) {
    this.#queue = queue;
    persist.addEventListener("click", async () => {
      const { value } = await attempt("storage", "persist()", () => queue.persist());
      await this.refresh();
      if (value === false) setText(persisted, "the browser declined");
    });
  }

  async refresh() {
    const estimate = await this.#queue.estimate();
    setText(usage, `${bytes(estimate.usage)} of ${bytes(estimate.quota)}`);
    meter.max = Math.max(1, estimate.quota);
    meter.value = estimate.usage;
    setText(persisted, estimate.persisted ? "for good" : "while there is space");
    persist.hidden = estimate.persisted;
  }
}
