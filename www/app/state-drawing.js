/**
 * The drawing of the state table. What there is to draw comes from the table; here is only where each state has its
 * place, and how far an arrow bends aside. A narrow screen has places of its own.
 */
import { svg } from "./element.js";
import { hex } from "./format.js";

const WIDE = {
  size: [720, 300],
  box: [116, 46],
  places: {
    New: [62, 150],
    Suspended: [330, 30],
    Running: [240, 150],
    Publishing: [450, 150],
    Complete: [656, 150],
    Waiting: [240, 268],
    Error: [450, 268],
    Cancelled: [656, 268],
  },
  /** To the left of an arrow's way. */
  bends: { "Complete Suspended": -60, "Publishing Complete": 0, "New Running": 0, "Waiting Suspended": 150, "Running Cancelled": -28 },
};

const NARROW = {
  size: [360, 360],
  box: [104, 46],
  places: {
    New: [56, 30],
    Suspended: [180, 30],
    Complete: [304, 30],
    Running: [56, 140],
    Publishing: [304, 140],
    Waiting: [56, 250],
    Error: [304, 250],
    Cancelled: [180, 330],
  },
  bends: { "New Running": 0, "Complete Suspended": 0, "Publishing Complete": 0, "Waiting Suspended": -40 },
};

/** Most arrows bend a little, so that there and back lie apart. */
const BEND = 12;

/** @param {import("./state-table.js").StateTable} table */
export function drawTable({ states, arrows }, narrow) {
  const layout = narrow ? NARROW : WIDE;
  return {
    viewBox: `0 0 ${layout.size.join(" ")}`,
    states: new Map(states.map((state) => [state.name, drawState(state, layout)])),
    arrows: new Map(arrows.map((arrow) => [arrow, drawArrow(arrow, layout)])),
  };
}

function drawState({ name, group }, { box: [width, height], places }) {
  const [x, y] = places[name];
  return svg("g", { class: "node", "data-state": name, transform: `translate(${x} ${y})` },
    svg("rect", { x: -width / 2, y: -height / 2, width, height, rx: 9 }),
    svg("text", { y: -3 }, name),
    svg("text", { class: "word", y: 14 }, group === 0 ? "no word" : hex(group, 3)));
}

function drawArrow({ from, to, causes }, { box, places, bends }) {
  const [start, end] = [places[from], places[to]];
  const bend = bends[`${from} ${to}`] ?? BEND;
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const length = Math.hypot(dx, dy);
  const control = [(start[0] + end[0]) / 2 + (dy / length) * bend, (start[1] + end[1]) / 2 - (dx / length) * bend];
  const tail = border(start, control, box);
  const head = border(end, control, box);
  return svg("g", { class: "arrow", "data-from": from, "data-to": to },
    svg("title", {}, `${from} → ${to}: ${causes.join(", ")}`),
    svg("path", { class: "way", pathLength: 1, d: `M${tail} Q${control} ${head}` }),
    svg("path", { class: "head", d: headAt(head, control) }));
}

/** Where a line from a box's middle towards a point leaves the box, with a little air. */
function border([x, y], [towardsX, towardsY], [width, height]) {
  const [dx, dy] = [towardsX - x, towardsY - y];
  const scale = Math.min((width / 2 + 4) / Math.abs(dx || 1e-9), (height / 2 + 4) / Math.abs(dy || 1e-9));
  return [x + dx * scale, y + dy * scale].map((value) => Number(value.toFixed(1)));
}

function headAt([x, y], [fromX, fromY]) {
  const angle = Math.atan2(y - fromY, x - fromX);
  const corner = (turn) => [x - 9 * Math.cos(angle + turn), y - 9 * Math.sin(angle + turn)].map((value) => value.toFixed(1));
  return `M${[x, y]} L${corner(0.4)} L${corner(-0.4)}Z`;
}
