/** Where the opened group stands in the table of states, how it came there, and what would move it on. */
import { element, setText, svg } from "./element.js";
import { clock } from "./format.js";
import { drawTable } from "./state-drawing.js";
import { loadStateTable, stateOf, wayBetween } from "./state-table.js";

/** So many transitions of a group are remembered, and so many of them listed. */
const KEPT = 20;
const LISTED = 5;
const narrow = matchMedia("(max-width: 40rem)");

export class StateDiagram {
  element = element("section", { className: "panel diagram" });
  #drawing = svg("svg", { role: "img" });
  #trail = element("ol", { className: "trail" });
  #title = element("h3");
  #notes;
  #onwardTitle = element("h4");
  #onward = element("ul", { className: "onward" });
  #table = { states: [], arrows: [] };
  #states = new Map();
  #arrows = new Map();
  /** Each group's transitions, the newest first. */
  #trails = new Map();
  #shown = undefined;
  /** What the drawing shows already. */
  #drawn = null;

  /** @param {import("./context.js").Context} context */
  constructor({ groups }) {
    this.#notes = element("div", { className: "diagram-notes" },
      element("div", {}, element("h4", {}, "Transitions"), this.#trail),
      element("div", {}, this.#onwardTitle, this.#onward));
    this.element.append(this.#title, this.#drawing, this.#notes);
    groups.addEventListener("changed", ({ detail: { reading, before } }) => this.#follow(reading.groupId, before.details.state, reading.details.state));
    groups.addEventListener("removed", ({ detail: { groupId } }) => this.#trails.delete(groupId));
    loadStateTable().then((table) => {
      this.#table = table;
      this.#draw();
      narrow.addEventListener("change", () => this.#draw());
    });
  }

  /** @param {import("./read-group.js").GroupReading | undefined} reading */
  show(reading) {
    const groupId = reading?.groupId ?? null;
    const state = reading ? stateOf(reading.details.state) : null;
    const [last] = this.#trails.get(groupId) ?? [];
    const drawn = { groupId, word: reading?.details.state, time: last?.time };
    this.#shown = reading;
    setText(this.#title, reading ? "Where it stands" : "Where a group can stand");
    this.#notes.hidden = !reading;
    if (this.#states.size === 0 || Object.keys(drawn).every((key) => drawn[key] === this.#drawn?.[key])) return;
    const same = this.#drawn?.groupId === groupId;
    this.#drawn = drawn;
    this.#drawing.setAttribute("aria-label", state ? `State diagram: the group is ${state}` : "State diagram");
    for (const [name, node] of this.#states) node.toggleAttribute("data-here", name === state);
    for (const [arrow, drawing] of this.#arrows) {
      const taken = last?.way.includes(arrow) ?? false;
      drawing.toggleAttribute("data-onward", arrow.from === state);
      drawing.toggleAttribute("data-taken", taken);
      drawing.toggleAttribute("data-fresh", taken && same);
    }
    if (reading) this.#list(groupId, state);
  }

  #follow(groupId, before, after) {
    const [from, to] = [stateOf(before), stateOf(after)];
    if (from === to) return;
    const trail = this.#trails.get(groupId) ?? [];
    trail.unshift({ from, to, way: wayBetween(this.#table.arrows, from, to), time: Date.now() });
    trail.length = Math.min(trail.length, KEPT);
    this.#trails.set(groupId, trail);
  }

  #draw() {
    const { viewBox, states, arrows } = drawTable(this.#table, narrow.matches);
    this.#states = states;
    this.#arrows = arrows;
    this.#drawing.setAttribute("viewBox", viewBox);
    this.#drawing.replaceChildren(...arrows.values(), ...states.values());
    this.#drawn = null;
    this.show(this.#shown);
  }

  #list(groupId, state) {
    const trail = this.#trails.get(groupId) ?? [];
    this.#trail.replaceChildren(...trail.slice(0, LISTED).map(({ from, to, way, time }) => element("li", { data: { from, to } },
      element("time", { dateTime: new Date(time).toISOString() }, clock(new Date(time))), " ",
      element("b", {}, [from, ...way.map((arrow) => arrow.to)].join(" → ")), " ",
      element("span", {}, way.map(({ causes }) => causes.join(" or ")).join(", ")))));
    if (trail.length === 0) this.#trail.append(element("li", {}, "None while this page is open."));
    const onward = this.#table.arrows.filter(({ from }) => from === state);
    setText(this.#onwardTitle, `What leads on from ${state}`);
    this.#onward.replaceChildren(...onward.map(({ to, causes }) => element("li", { data: { to } },
      element("b", {}, `→ ${to}`), " ", element("span", {}, causes.join(", ")))));
  }
}
