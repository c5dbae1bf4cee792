/** A slider over the steps of the record, and the queue as it was after the step it stands at. */
import { element, setText } from "../app/element.js";
import { bytes, clock, hex } from "../app/format.js";
import { PieceMap } from "../app/piece-map.js";
import { errorText, waitText } from "../app/wait-text.js";

/** So many groups are shown of an earlier queue, the one of the step first. */
const GROUPS = 12;

/** Dispatches `"move"` with the number of the step it stands at, or null when it follows what happens. */
export class EarlierView extends EventTarget {
  #model = null;
  /** The number of the step; null at the end, where it follows. */
  #at = null;
  #slider = element("input", { type: "range", id: "record-slider", min: 0, max: 0, value: 0, ariaLabel: "Step" });
  #back = element("button", { type: "button", className: "quiet", id: "record-back", ariaLabel: "One step back" }, "◂ Back");
  #on = element("button", { type: "button", className: "quiet", id: "record-on", ariaLabel: "One step on" }, "On ▸");
  #live = element("button", { type: "button", className: "quiet", id: "record-live" }, "Live");
  #when = element("p", { className: "record-when", id: "record-when" });
  #groups = element("ul", { className: "record-groups", id: "record-groups" });
  #more = element("p", { className: "hint" });
  element = element("section", { className: "panel record-earlier", ariaLabel: "The queue at a step" },
    element("div", { className: "panel-head" }, element("h2", {}, "The queue as it was"), element("div", { className: "row" }, this.#back, this.#on, this.#live)),
    this.#slider, this.#when, this.#groups, this.#more);

  constructor() {
    super();
    this.#slider.addEventListener("input", () => this.#goToIndex(Number(this.#slider.value)));
    this.#back.addEventListener("click", () => this.#goToIndex(Number(this.#slider.value) - 1));
    this.#on.addEventListener("click", () => this.#goToIndex(Number(this.#slider.value) + 1));
    this.#live.addEventListener("click", () => this.goTo(null));
    // A queue that nobody sees is not drawn: it is when its tab comes to the front.
    new ResizeObserver(() => this.#model && this.#draw()).observe(this.#slider);
  }

  /** The record has more steps, or others. */
  show(model) {
    this.#model = model;
    const { steps } = model;
    // The step it stood at may have gone.
    if (this.#at !== null && (steps.length === 0 || this.#at < steps[0].number)) this.#at = null;
    this.#slider.max = String(Math.max(0, steps.length - 1));
    this.#slider.disabled = steps.length === 0;
    this.#slider.value = String(this.#at === null ? steps.length - 1 : this.#at - steps[0].number);
    if (this.#at === null) this.#draw();
  }

  /** On a narrow screen it lies above the steps, out of sight of whoever chooses one. */
  bringIntoView() {
    if (this.element.getBoundingClientRect().top < 0) this.element.scrollIntoView({ block: "start" });
  }

  /** Goes to the step of a number, or to the end with null. */
  goTo(number) {
    this.#at = number;
    this.show(this.#model);
    this.#draw();
    this.dispatchEvent(new CustomEvent("move", { detail: number }));
  }

  #goToIndex(index) {
    const { steps } = this.#model;
    const step = steps[Math.max(0, index)];
    this.goTo(step && index < steps.length - 1 ? step.number : null);
  }

  #draw() {
    if (this.#at === null && !this.element.checkVisibility()) return;
    const { steps } = this.#model;
    const step = this.#at === null ? steps.at(-1) : steps[this.#at - steps[0].number];
    this.element.dataset.live = String(this.#at === null);
    this.#live.disabled = this.#at === null;
    this.#on.disabled = this.#at === null;
    this.#back.disabled = steps.length < 2;
    const when = step ? `${this.#at === null ? "Live, after step" : "After step"} ${step.number + 1}, ${clock(new Date(step.time))}: ${step.who} ${step.text}` : "Nothing has happened yet.";
    setText(this.#when, when);
    this.#slider.setAttribute("aria-valuetext", when);
    const rows = this.#at === null ? this.#model.rows() : this.#model.rowsAt(this.#at);
    rows.sort((a, b) => (b.groupId === step?.groupId) - (a.groupId === step?.groupId));
    this.#groups.replaceChildren(...rows.slice(0, GROUPS).map((row) => drawn(row, step)));
    setText(this.#more, rows.length === 0 ? "No group is in the queue." : rows.length > GROUPS ? `And ${rows.length - GROUPS} more groups.` : "");
  }
}

/** A group as it was: the same words as in the queue, and the piece map of its files. */
function drawn({ groupId, name, status, state, bytesDone, bytesTotal, wait, error, files }, step) {
  const maps = files.map((file) => {
    const map = new PieceMap();
    map.show(file);
    return map.element;
  });
  const why = error ? errorText(error) : wait ? waitText(wait, step?.time) : "";
  return element("li", { data: { state, group: groupId, current: String(groupId === step?.groupId) } },
    element("p", { className: "line" }, element("strong", {}, name), element("code", {}, hex(status, 3)), element("span", { className: "state" }, state),
      element("span", { className: "lab-bytes" }, bytesTotal === null ? bytes(bytesDone) : `${bytes(bytesDone)} of ${bytes(bytesTotal)}`)),
    ...maps, ...(why ? [element("p", { className: "hint" }, why)] : []));
}
