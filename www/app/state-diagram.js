/** Where the opened group stands in the table of states, how it came there, and what would move it on. */
import { element, setText, svg } from "./element.js";
import { clock } from "./format.js";
import { drawArrow, drawState, SIZE } from "./state-drawing.js";
import { loadStateTable, stateOf, wayBetween } from "./state-table.js";

/** So many transitions of a group are remembered, and so many of them listed. */
const KEPT = 20;
const LISTED = 5;

export class StateDiagram {
  element = element("section", { className: "panel diagram" });
  #drawing = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img" });
  #trail = element("ol", { className: "trail" });
  #onward = element("ul", { className: "onward" });
  #table = { states: [], arrows: [] };
  #states = new Map();
  #arrows = new Map();
  /** Each group's transitions, the newest first. */
  #trails = new Map();
  #drawn = "";
  #shown = null;

  /** @param {import("./context.js").Context} context */
  constructor({ groups }) {
    this.element.append(
      element("h3", {}, "Where it stands"),
      this.#drawing,
      element("div", { className: "diagram-notes" },
        element("div", {}, element("h4", {}, "Transitions"), this.#trail),
        element("div", {}, element("h4", {}, "What leads on"), this.#onward)));
    groups.addEventListener("changed", ({ detail: { reading, before } }) => this.#follow(reading.groupId, before.details.state, reading.details.state));
    groups.addEventListener("removed", ({ detail: { groupId } }) => this.#trails.delete(groupId));
    loadStateTable().then((table) => this.#draw(table));
  }

  /** @param {import("./read-group.js").GroupReading} reading */
  show(reading) {
    const state = stateOf(reading.details.state);
    const [last] = this.#trails.get(reading.groupId) ?? [];
    const key = `${reading.groupId} ${reading.details.state} ${last?.time}`;
    this.#shown = reading;
    if (key === this.#drawn || this.#states.size === 0) return;
    const same = this.#drawn.startsWith(reading.groupId);
    this.#drawn = key;
    this.#drawing.setAttribute("aria-label", `State diagram: the group is ${state}`);
    for (const [name, drawn] of this.#states) {
      drawn.toggleAttribute("data-here", name === state);
      drawn.toggleAttribute("data-left", name === last?.from && name !== state);
    }
    for (const [arrow, drawn] of this.#arrows) {
      drawn.toggleAttribute("data-onward", arrow.from === state);
      drawn.toggleAttribute("data-taken", last?.way.includes(arrow) ?? false);
      drawn.toggleAttribute("data-fresh", same && (last?.way.includes(arrow) ?? false));
    }
    this.#list(reading.groupId, state);
  }

  #follow(groupId, before, after) {
    const [from, to] = [stateOf(before), stateOf(after)];
    if (from === to) return;
    const trail = this.#trails.get(groupId) ?? [];
    trail.unshift({ from, to, way: wayBetween(this.#table.arrows, from, to), time: Date.now() });
    trail.length = Math.min(trail.length, KEPT);
    this.#trails.set(groupId, trail);
  }

  #draw(table) {
    this.#table = table;
    this.#states = new Map(table.states.map((state) => [state.name, drawState(state)]));
    this.#arrows = new Map(table.arrows.map((arrow) => [arrow, drawArrow(arrow)]));
    this.#drawing.append(...this.#arrows.values(), ...this.#states.values());
    if (this.#shown) this.show(this.#shown);
  }

  #list(groupId, state) {
    const trail = this.#trails.get(groupId) ?? [];
    this.#trail.replaceChildren(...trail.slice(0, LISTED).map(({ from, to, way, time }) => element("li", { data: { from, to } },
      element("time", { dateTime: new Date(time).toISOString() }, clock(new Date(time))), " ",
      element("b", {}, [from, ...way.map((arrow) => arrow.to)].join(" → ")), " ",
      element("span", {}, way.map(({ causes }) => causes.join(" or ")).join(", ")))));
    if (trail.length === 0) this.#trail.append(element("li", {}, `None since this page was opened; the group is ${state}.`));
    this.#onward.replaceChildren(...this.#table.arrows.filter(({ from }) => from === state).map(({ to, causes }) => element("li", {},
      element("b", {}, `→ ${to}`), " ", element("span", {}, causes.join(", ")))));
    setText(this.#onward.previousElementSibling, `What leads on from ${state}`);
  }
}
