import { element, setText, unseen } from "./element.js";
import { binary, hex } from "./format.js";

/** One status word in hex and binary and as lamps, one for each bit of its level. */
export class WordView {
  #level;
  #hex = element("code", { className: "hex", data: { field: "word" } }, "none");
  #binary = element("code", { className: "binary", data: { field: "binary" } });
  #of = element("b");
  #lamps;

  /** `explain` gets the text for the lamp that has the focus or the pointer, and null when none has. */
  constructor(level, explain = () => {}) {
    this.#level = level;
    this.#lamps = level.bits.map((bit, index) => ({ bit, lit: false, ...lamp(bit, level, index === 0) }));
    const group = element("div", { className: "lamps", role: "group" }, ...this.#lamps.map(({ button }) => button));
    group.style.setProperty("--lamps", String(level.bits.length));
    group.setAttribute("aria-label", `Bits of the ${level.level} word`);
    group.addEventListener("keydown", (event) => this.#move(event));
    for (const one of this.#lamps) {
      for (const type of ["focus", "pointerenter"]) one.button.addEventListener(type, () => explain(explanation(one)));
      for (const type of ["blur", "pointerleave"]) one.button.addEventListener(type, () => explain(null));
    }
    this.element = element("section", { className: "word", data: { level: level.level } },
      element("h3", {}, this.#of, element("code", { className: "call" }, level.call), this.#hex, this.#binary), group);
    this.show(null);
  }

  /** Shows a word, or dark lamps for `null`; `of` says whose it is where the level alone does not. */
  show(word, of = this.#level.title) {
    this.element.dataset.absent = String(word === null);
    this.element.dataset.word = word === null ? "" : hex(word, this.#digits);
    setText(this.#hex, word === null ? "none" : hex(word, this.#digits));
    setText(this.#binary, word === null ? "" : binary(word, this.#width));
    setText(this.#of, of);
    for (const one of this.#lamps) {
      one.lit = word !== null && (word & one.bit.value) !== 0;
      one.button.dataset.lit = String(one.lit);
      setText(one.said, `${one.bit.name} ${hex(one.bit.value, 3)}, ${one.lit ? "set" : "clear"}`);
    }
  }

  /** One stop of the Tab key for the word; the arrows go from lamp to lamp. */
  #move(event) {
    const buttons = this.#lamps.map(({ button }) => button);
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = buttons.at(to % buttons.length);
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }

  get #digits() {
    return this.#level.level === "group" ? 3 : 2;
  }

  /** As many binary digits as the word's highest bit needs. */
  get #width() {
    return this.#level.bits[0].value.toString(2).length;
  }
}

/** A lamp reads `QM_STATUS_GROUP_SUSPENDED 0x100, set`; the eye sees the part of the name that differs. */
function lamp(bit, { prefix }, first) {
  const said = unseen("");
  const button = element("button", { type: "button", className: "lamp", tabIndex: first ? 0 : -1, data: { bit: bit.name, error: String(bit.error) } },
    element("span", { className: "name", ariaHidden: "true" }, bit.name.slice(prefix.length)),
    element("span", { className: "value", ariaHidden: "true" }, hex(bit.value, 3)),
    said);
  button.setAttribute("aria-describedby", "explanation");
  return { button, said };
}

function explanation({ bit, lit }) {
  return `${bit.name}, ${hex(bit.value, 3)}, bit ${Math.log2(bit.value)}, ${lit ? "set" : "clear"}. ${bit.meaning}`;
}
