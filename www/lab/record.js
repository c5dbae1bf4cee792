/**
 * The record: every call of this page, everything the queue told it, each change of a group and each answer of the
 * laboratory's server, newest on top; and a slider that shows the queue as it was after any of these steps.
 */
import { element, setText } from "../app/element.js";
import { clock } from "../app/format.js";
import { readGroup } from "../app/read-group.js";
import { EarlierView } from "./earlier-view.js";
import { KINDS, passes, RecordModel } from "./record-model.js";
import { rowOf } from "./record-row.js";

/** So many lines are on the page at once. */
const SHOWN = 300;

/** @param {HTMLElement} panel @param {import("../app/context.js").Context} context */
export function mount(panel, context) {
  const view = new RecordView(context);
  panel.append(...view.elements);
}

class RecordView {
  #context;
  #model = new RecordModel();
  #list = element("ol", { id: "log", className: "log", tabIndex: 0, ariaLabel: "What happened, the newest first" });
  #none = element("p", { className: "empty" });
  #words = element("input", { type: "search", id: "record-words", placeholder: "Search the record", spellcheck: false, autocomplete: "off", ariaLabel: "Search the record" });
  #kinds = new Map();
  #onlyOpened = element("input", { type: "checkbox", id: "record-opened" });
  #count = element("span", { className: "count", id: "record-count" }, "0");
  #earlier = new EarlierView();
  #pending = [];
  #frame = false;

  constructor(context) {
    this.#context = context;
    const { journal, groups, selection } = context;
    for (const entry of journal.entries) this.#note(entry);
    journal.addEventListener("entry", ({ detail }) => this.#note(detail));
    for (const type of ["added", "changed"]) {
      groups.addEventListener(type, ({ detail: { groupId, reading } }) => {
        this.#add(this.#model.saw(rowOf(reading, groups.handle(groupId)), Date.now()));
      });
    }
    groups.addEventListener("removed", ({ detail: { groupId } }) => this.#add(this.#model.left(groupId, Date.now())));

    for (const kind of Object.keys(KINDS)) {
      const box = element("input", { type: "checkbox", value: kind, checked: kind !== "progress", className: "unseen" });
      box.addEventListener("change", () => this.#redraw());
      this.#kinds.set(kind, box);
    }
    this.#words.addEventListener("input", () => this.#redraw());
    this.#onlyOpened.addEventListener("change", () => this.#redraw());
    selection.addEventListener("change", () => this.#onlyOpened.checked && this.#redraw());
    this.#list.addEventListener("click", ({ target }) => {
      const line = target.closest("li");
      if (!line) return;
      this.#earlier.goTo(Number(line.dataset.step));
      this.#earlier.bringIntoView();
    });
    this.#earlier.addEventListener("move", ({ detail }) => this.#mark(detail));
    this.#redraw();
  }

  get elements() {
    const save = element("button", { type: "button", className: "quiet", id: "record-save" }, "Download as JSON");
    save.addEventListener("click", () => this.#save());
    const clear = element("button", { type: "button", className: "quiet", id: "record-clear" }, "Clear");
    clear.addEventListener("click", () => {
      this.#model.clear();
      this.#redraw();
    });
    const chips = [...this.#kinds].map(([kind, box]) => element("label", { className: "chip" }, box, KINDS[kind]));
    return [
      this.#earlier.element,
      element("section", { className: "panel", ariaLabel: "All steps" },
        element("div", { className: "panel-head" }, element("h2", {}, "What happened ", this.#count), element("div", { className: "row" }, save, clear)),
        element("div", { className: "row record-filter" },
          element("div", { className: "lab-choices", role: "group", ariaLabel: "Kinds of steps" }, ...chips),
          element("label", { className: "check" }, this.#onlyOpened, "Only the opened group"),
          this.#words),
        element("p", { className: "hint" }, "What this page can see: its own calls and their HRESULTs, what the queue told it, each change of a group, and what the laboratory's server was asked. Click a step to see the queue as it was then."),
        this.#none, this.#list),
    ];
  }

  /**
   * The group is read at once: a change of its word is told before the frame in which it is drawn. Who tells of a group
   * of another queue brings its row along.
   */
  #note(entry) {
    const { row: brought, ...detail } = entry.detail;
    const group = this.#context.groups.handle(entry.groupId);
    const reading = group && readGroup(group);
    const row = reading ? rowOf(reading, group) : brought;
    this.#add(this.#model.note({ ...entry, detail }, row));
  }

  /** Lines are added in the next frame, together. */
  #add(step) {
    if (step === null) return;
    this.#pending.push(step);
    if (this.#frame) return;
    this.#frame = true;
    requestAnimationFrame(() => {
      this.#frame = false;
      this.#draw();
    });
  }

  #draw() {
    const filter = this.#filter();
    const fresh = this.#pending.filter((step) => passes(step, filter)).slice(-SHOWN);
    this.#pending = [];
    this.#list.prepend(...fresh.reverse().map(lineOf));
    while (this.#list.childElementCount > SHOWN) this.#list.lastElementChild.remove();
    this.#tidy();
  }

  #redraw() {
    this.#pending = [];
    this.#list.replaceChildren(...this.#model.filtered(this.#filter(), SHOWN).map(lineOf));
    this.#tidy();
  }

  #tidy() {
    this.#none.hidden = this.#list.childElementCount > 0;
    setText(this.#none, this.#model.steps.length === 0 ? "Nothing has happened yet." : "No step that the filter lets through.");
    setText(this.#count, String(this.#model.steps.length));
    this.#earlier.show(this.#model);
  }

  #filter() {
    const kinds = new Set([...this.#kinds].filter(([, { checked }]) => checked).map(([kind]) => kind));
    return { kinds, words: this.#words.value, groupId: this.#onlyOpened.checked ? this.#context.selection.groupId : null };
  }

  #mark(number) {
    for (const line of this.#list.querySelectorAll("[aria-current]")) line.removeAttribute("aria-current");
    if (number !== null) this.#list.querySelector(`[data-step="${number}"]`)?.setAttribute("aria-current", "step");
  }

  #save() {
    const text = JSON.stringify({ ...this.#model.toJSON(), page: location.href, saved: new Date().toISOString() }, null, 1);
    const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    element("a", { href, download: `qmgr-record-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.json` }).click();
    // The browser has taken hold of the file when it has begun to save it.
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }
}

function lineOf({ number, time, kind, who, text }) {
  const date = new Date(time);
  return element("li", { data: { kind, step: String(number) } },
    element("time", { dateTime: date.toISOString() }, clock(date)), " ",
    element("span", { className: "who" }, who), " ",
    element("span", { className: "text" }, text));
}
