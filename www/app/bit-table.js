import { element } from "./element.js";
import { hex } from "./format.js";
import { LEVELS } from "./status.js";

/** Fills the table of all eleven bits, by value. */
export function showBitTable() {
  const bits = LEVELS.flatMap((level) => level.bits).sort((a, b) => a.value - b.value);
  document.querySelector("#bits").replaceChildren(...bits.map(({ name, value, meaning }) => element("tr", {},
    element("td", {}, element("code", {}, hex(value, 3))),
    element("th", { scope: "row" }, element("code", {}, name.replace("QM_STATUS_", ""))),
    element("td", {}, meaning))));
}
