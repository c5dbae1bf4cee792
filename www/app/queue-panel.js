/** The queue at a glance: every group in a row, filters, a search, and commands for all that are shown. */
import { command } from "./commands.js";
import { element, setText } from "./element.js";
import { QueueRow } from "./queue-row.js";
import { FILTERS, filterOf } from "./state-names.js";

const SECOND = 1000;

/** @param {HTMLElement} panel @param {import("./context.js").Context} context */
export function mount(panel, context) {
  new QueuePanel(panel, context);
}

class QueuePanel {
  #context;
  #list;
  #count;
  #empty;
  #scenarios;
  #search;
  #form;
  #chips;
  #rows = new Map();
  #filter = "all";
  #tallied = false;

  constructor(panel, context) {
    const { groups, selection } = context;
    this.#context = context;
    this.#list = panel.querySelector("#groups");
    this.#count = panel.querySelector("#group-count");
    this.#empty = panel.querySelector("#no-groups");
    this.#scenarios = panel.querySelector("#to-laboratory");
    this.#scenarios.addEventListener("click", () => context.show("laboratory"));
    this.#search = panel.querySelector("#search");
    this.#form = panel.querySelector("#new-group");
    this.#chips = FILTERS.map((filter) => this.#chip(filter));
    panel.querySelector("#filters").append(...this.#chips.map(({ button }) => button));
    panel.querySelector("#all-actions").addEventListener("click", ({ target }) => this.#forAll(target.closest("button")?.dataset.all));

    groups.addEventListener("added", ({ detail: { reading } }) => this.#add(reading));
    groups.addEventListener("changed", ({ detail: { reading, before } }) => this.#change(reading, before));
    groups.addEventListener("removed", ({ detail: { groupId } }) => this.#remove(groupId));
    selection.addEventListener("change", () => this.#markOpen());
    this.#search.addEventListener("input", () => this.#sift());
    // The time until the next attempt runs without anything happening in the queue.
    setInterval(() => {
      for (const row of this.#rows.values()) row.tick();
    }, SECOND);
    this.#tally();
  }

  #chip({ name, label }) {
    const count = element("span", { className: "count" }, "0");
    const button = element("button", { type: "button", className: "chip", data: { filter: name } }, label, " ", count);
    button.setAttribute("aria-pressed", String(name === "all"));
    button.addEventListener("click", () => {
      this.#filter = name;
      for (const chip of this.#chips) chip.button.setAttribute("aria-pressed", String(chip.name === name));
      this.#sift();
    });
    return { name, button, count };
  }

  #add(reading) {
    const row = new QueueRow(reading, this.#context);
    this.#rows.set(reading.groupId, row);
    row.hidden = !this.#fits(reading);
    this.#list.append(row.element);
    this.#tallySoon();
  }

  #change(reading, before) {
    const row = this.#rows.get(reading.groupId);
    row.show(reading);
    if (reading.details.state === before.details.state && reading.name === before.name) return;
    row.hidden = !this.#fits(reading);
    this.#tallySoon();
  }

  #remove(groupId) {
    const { selection } = this.#context;
    const { element: row } = this.#rows.get(groupId);
    const isOpen = selection.groupId === groupId;
    const focused = row.contains(document.activeElement) || (isOpen && document.querySelector("#instrument").contains(document.activeElement));
    const next = neighbour(row, "nextElementSibling") ?? neighbour(row, "previousElementSibling");
    this.#rows.delete(groupId);
    row.remove();
    // Who works by keyboard goes on at the next group, not at the top of the page.
    if (focused) (next?.querySelector("button") ?? this.#list).focus();
    if (isOpen) selection.select(next?.dataset.groupId ?? null);
    this.#tallySoon();
  }

  #markOpen() {
    const { groupId } = this.#context.selection;
    for (const row of this.#rows.values()) row.open = row.groupId === groupId;
    // Whoever makes groups, one after another, keeps the form in view.
    if (!this.#form.contains(document.activeElement)) this.#rows.get(groupId)?.element.scrollIntoView({ block: "nearest" });
  }

  #fits(reading) {
    if (this.#filter !== "all" && filterOf(reading.details.state) !== this.#filter) return false;
    const wanted = this.#search.value.trim().toLowerCase();
    return wanted === "" || this.#rows.get(reading.groupId).words.includes(wanted);
  }

  #sift() {
    for (const row of this.#rows.values()) row.hidden = !this.#fits(row.reading);
    this.#tally();
  }

  #shown() {
    return [...this.#rows.values()].filter((row) => !row.hidden).map(({ reading }) => reading);
  }

  async #forAll(what) {
    if (!what) return;
    const shown = this.#shown();
    if (what === "clear") await command(this.#context, "cancel", shown.filter(({ details }) => details.state === "complete"));
    else await command(this.#context, what, shown);
  }

  /** Hundreds of changes of one moment are counted once. */
  #tallySoon() {
    if (this.#tallied) return;
    this.#tallied = true;
    requestAnimationFrame(() => {
      this.#tallied = false;
      this.#tally();
    });
  }

  #tally() {
    const counts = { all: this.#rows.size };
    let shown = 0;
    for (const row of this.#rows.values()) {
      const filter = filterOf(row.reading.details.state);
      counts[filter] = (counts[filter] ?? 0) + 1;
      if (!row.hidden) shown += 1;
    }
    for (const { name, count } of this.#chips) setText(count, String(counts[name] ?? 0));
    setText(this.#count, shown === counts.all ? String(counts.all) : `${shown} of ${counts.all}`);
    this.#empty.hidden = shown > 0;
    this.#scenarios.hidden = counts.all > 0;
    setText(this.#empty.firstElementChild, counts.all === 0
      ? "The queue is empty. Create a group above, and watch its word go 0x180, 0x080, 0x140."
      : "No group matches the search and the filter.");
    for (const button of document.querySelectorAll("[data-all]")) button.disabled = shown === 0;
  }
}

function neighbour(row, direction) {
  let next = row[direction];
  while (next?.hidden) next = next[direction];
  return next;
}
