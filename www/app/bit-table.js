import { element } from "./element.js";
import { hex } from "./format.js";
import { LEVELS } from "./status.js";

/** All eleven bits and what each means, from the highest to the lowest. */
export function bitTable() {
  const rows = LEVELS.flatMap(({ bits }) => bits).map(({ name, value, meaning }) => element("div", {},
    element("dt", {}, element("code", {}, hex(value, 3)), " ", element("code", {}, name)),
    element("dd", {}, meaning)));
  return element("section", { className: "panel bits-panel" }, element("h3", {}, "What the bits mean"), element("dl", { className: "bits" }, ...rows));
}
