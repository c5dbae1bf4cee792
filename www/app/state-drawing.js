/**
 * The drawing of the state table. What there is to draw comes from the table; here is only where each state has its
 * place, and how far an arrow bends aside.
 */
import { svg } from "./element.js";
import { hex } from "./format.js";

export const SIZE = { width: 720, height: 300 };

const BOX = { width: 116, height: 46 };

const PLACES = {
  New: [66, 150],
  Suspended: [330, 34],
  Running: [240, 150],
  Publishing: [446, 150],
  Complete: [650, 150],
  Waiting: [240, 266],
  Error: [446, 266],
  Cancelled: [650, 266],
};

/** To the right of an arrow's way, in the drawing's units. Most bend a little, so that there and back lie apart. */
const BENDS = {
  "Complete Suspended": 60,
  "Publishing Complete": 0,
  "New Running": 0,
  "Waiting Suspended": -150,
};
const BEND = -12;

/** @param {import("./state-table.js").State} state */
export function drawState({ name, group }) {
  const [x, y] = placeOf(name);
  return svg("g", { class: "node", "data-state": name, transform: `translate(${x} ${y})` },
    svg("rect", { x: -BOX.width / 2, y: -BOX.height / 2, width: BOX.width, height: BOX.height, rx: 9 }),
    svg("text", { y: -3 }, name),
    svg("text", { class: "word", y: 13 }, group === 0 ? "no word" : hex(group, 3)));
}

/** @param {import("./state-table.js").Arrow} arrow */
export function drawArrow({ from, to, causes }) {
  const [start, end] = [placeOf(from), placeOf(to)];
  const bend = BENDS[`${from} ${to}`] ?? BEND;
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const length = Math.hypot(dx, dy);
  const control = [(start[0] + end[0]) / 2 - (dy / length) * bend, (start[1] + end[1]) / 2 + (dx / length) * bend];
  const tail = border(start, control);
  const head = border(end, control);
  return svg("g", { class: "arrow", "data-from": from, "data-to": to },
    svg("title", {}, `${from} → ${to}: ${causes.join(", ")}`),
    svg("path", { class: "way", pathLength: 1, d: `M${tail} Q${control} ${head}` }),
    svg("path", { class: "head", d: headAt(head, control) }));
}

/** A state that has no place yet is drawn in the corner, where it cannot be overlooked. */
function placeOf(name) {
  return PLACES[name] ?? [66, 34];
}

/** Where a line from a box's middle towards a point leaves the box, with a little air. */
function border([x, y], [towardsX, towardsY]) {
  const [dx, dy] = [towardsX - x, towardsY - y];
  const scale = Math.min((BOX.width / 2 + 4) / Math.abs(dx || 1e-9), (BOX.height / 2 + 4) / Math.abs(dy || 1e-9));
  return [x + dx * scale, y + dy * scale].map((value) => value.toFixed(1));
}

function headAt([x, y], [fromX, fromY]) {
  const angle = Math.atan2(y - fromY, x - fromX);
  const corner = (turn) => [x - 9 * Math.cos(angle + turn), y - 9 * Math.sin(angle + turn)].map((value) => value.toFixed(1));
  return `M${[x, y]} L${corner(0.4)} L${corner(-0.4)}Z`;
}
