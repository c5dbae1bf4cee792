/** How much of the origin's storage is used, and whether the browser may clear it when space runs short. */
import { coalesced } from "./coalesced.js";
import { element, setText } from "./element.js";
import { bytes } from "./format.js";

/** Milliseconds between two looks while bytes come in. */
const PAUSE = 1000;

/** The same at the top of the page, where it is always seen. */
const used = document.querySelector("#used");

export class StorageMeter {
  #context;
  #usage = element("span", { id: "usage" }, "unknown");
  #left = element("span", { id: "left" }, "unknown");
  #meter = element("meter", { id: "usage-meter", min: 0, max: 1, value: 0, ariaLabel: "Share of the storage that is used" });
  #persisted = element("span", { id: "persisted" }, "unknown");
  #persist = element("button", { type: "button", className: "quiet", id: "persist" }, "Keep for good");
  element = element("section", { className: "panel storage" }, element("h3", {}, "Storage"), element("dl", {},
    element("div", {}, element("dt", {}, "Used"), element("dd", {}, this.#usage)),
    element("div", {}, element("dt", {}, "Left"), element("dd", {}, this.#left)),
    element("div", {}, element("dt", {}, "Share"), element("dd", {}, this.#meter)),
    element("div", {}, element("dt", {}, "Kept"), element("dd", {}, this.#persisted, " ", this.#persist))));

  /** @param {import("./context.js").Context} context */
  constructor(context) {
    this.#context = context;
    this.#persist.addEventListener("click", () => this.#keep());
  }

  refresh = coalesced(() => this.#look(), PAUSE);

  async #look() {
    const { usage, quota, persisted } = await this.#context.queue.estimate();
    setText(this.#usage, bytes(usage));
    setText(used, `${bytes(usage)} of ${bytes(quota)}`);
    setText(this.#left, bytes(Math.max(0, quota - usage)));
    this.#meter.max = Math.max(1, quota);
    this.#meter.value = usage;
    setText(this.#persisted, persisted ? "for good" : "while there is space");
    this.#persist.hidden = persisted;
  }

  async #keep() {
    const { queue, journal } = this.#context;
    const { value } = await journal.attempt({ who: "storage", text: "persist()" }, () => queue.persist());
    await this.#look();
    if (value === false) setText(this.#persisted, "while there is space: the browser declined");
  }
}
