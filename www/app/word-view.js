import { element, setText } from "./element.js";
import { hex } from "./format.js";

/** One status word as hex and as lamps, one for each bit of its level. */
export class WordView {
  #level;
  #hex = element("code", { className: "hex", data: { field: "word" } }, "none");
  #of = element("b");
  #lamps;

  constructor(level) {
    this.#level = level;
    this.#lamps = level.bits.map((bit) => ({ bit, ...lamp(bit, level) }));
    const list = element("ul", { className: "lamps" }, ...this.#lamps.map(({ item }) => item));
    list.style.setProperty("--lamps", String(level.bits.length));
    list.setAttribute("aria-label", `Bits of the ${level.level} word`);
    this.element = element("section", { className: "word", data: { level: level.level } },
      element("h4", {}, this.#hex, this.#of, element("code", {}, level.call)), list);
    this.show(null);
  }

  /** Shows a word, or dark lamps for `null`; `of` says whose it is where the level alone does not. */
  show(word, of = this.#level.title) {
    this.element.dataset.absent = String(word === null);
    this.element.dataset.word = word === null ? "" : hex(word, this.#digits);
    setText(this.#hex, word === null ? "none" : hex(word, this.#digits));
    setText(this.#of, of);
    for (const { bit, item, said } of this.#lamps) {
      const lit = word !== null && (word & bit.value) !== 0;
      item.dataset.lit = String(lit);
      setText(said, lit ? ", set" : ", clear");
    }
  }

  get #digits() {
    return this.#level.level === "group" ? 3 : 2;
  }
}

/** A lamp reads `QM_STATUS_GROUP_SUSPENDED 0x100, set`; the eye sees the part of the name that differs. */
function lamp(bit, { prefix }) {
  const said = element("span", { className: "unseen" });
  const item = element("li", { className: "lamp", title: `${bit.name}\n${bit.meaning}`, data: { bit: bit.name, error: String(bit.error) } },
    element("span", { className: "name" }, element("span", { className: "unseen" }, prefix), bit.name.slice(prefix.length)),
    element("span", { className: "value" }, hex(bit.value, 3)),
    said);
  return { item, said };
}
