/** A file from its first byte to its last: filled where a range is durable, so that a crash would keep it. */
import { element, setText, svg } from "./element.js";
import { bytes } from "./format.js";

const WIDTH = 1000;
const HEIGHT = 10;
/** What is narrower than this would not be seen. */
const NARROWEST = 2;

export class PieceMap {
  #pieces = svg("path");
  #drawing = svg("svg", { class: "pieces", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, this.#pieces);
  #said = element("span", { className: "pieces-said" });
  element = element("div", { className: "piece-map" }, this.#drawing, this.#said);

  /** @param {import("../qmgr/index.js").FileDetails} details */
  show({ ranges, bytesDone, bytesTotal }) {
    const durable = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    // Of an unknown size it is known only how much is there.
    const size = bytesTotal ?? bytesDone;
    const shape = ranges.map(([start, end]) => rectangle(start, end, size)).join("");
    if (this.#pieces.getAttribute("d") !== shape) this.#pieces.setAttribute("d", shape);
    this.#drawing.toggleAttribute("data-unknown", bytesTotal === null);
    const pieces = ranges.length === 1 ? "1 range" : `${ranges.length} ranges`;
    const moving = bytesDone > durable ? `, ${bytes(bytesDone - durable)} not yet` : "";
    setText(this.#said, durable === 0 && moving === "" ? "nothing durable" : `${bytes(durable)} durable in ${pieces}${moving}`);
  }
}

function rectangle(start, end, size) {
  const scale = WIDTH / Math.max(1, size);
  const width = Math.max(NARROWEST, (end - start) * scale);
  return `M${(start * scale).toFixed(1)} 0h${width.toFixed(1)}v${HEIGHT}h${(-width).toFixed(1)}z`;
}
