/** The switches of a free run, and what can be done to its tabs. */
import { element } from "../app/element.js";
import { FAULTS } from "./faults.js";
import { numberField } from "./number-field.js";

const SITES = { same: "This site", other: "Another site (CORS)" };

/** Dispatches `"change"` when a switch is turned or its number is another, and `"act"` (`"tab"` or `"kill"`). */
export class FreeControls extends EventTarget {
  #switches = new Map();
  #offline = element("input", { type: "checkbox", role: "switch", id: "lab-offline" });
  #site = element("select", { id: "lab-site" }, ...Object.entries(SITES).map(([value, text]) => element("option", { value }, text)));
  #acts;
  element;

  constructor() {
    super();
    const tell = () => this.dispatchEvent(new Event("change"));
    this.#offline.addEventListener("change", tell);
    this.#site.addEventListener("change", tell);
    const act = (id, text, what) => {
      const button = element("button", { type: "button", id, disabled: true }, text);
      button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("act", { detail: what })));
      return button;
    };
    this.#acts = [act("lab-second-tab", "Open a second tab", "tab"), act("lab-kill", "Kill the worker", "kill")];
    this.element = element("section", { className: "panel lab-free", ariaLabel: "Faults of the server" },
      element("h2", {}, "What the server does wrong"),
      element("p", { className: "hint" }, "Play starts a download. Turn the switches before or while it runs: they act at once, or on the next request."),
      element("ul", { className: "lab-faults" }, ...FAULTS.map((fault) => this.#row(fault, tell))),
      element("label", { className: "field", htmlFor: "lab-site" }, "The file lies on ", this.#site),
      element("h3", { className: "under" }, "What happens around it"),
      element("label", { className: "check" }, this.#offline, "Go offline"),
      element("p", { className: "hint" }, "The server answers nobody, as if its cable were pulled. The browser itself still takes itself for online: its own switch for that is in its developer tools."),
      element("div", { className: "row" }, ...this.#acts),
      element("p", { className: "hint" }, "The second tab is a frame with a worker of its own, in the same queue. Killing ends the worker of this page for good: a second tab takes over; without one the queue stands still until the page is loaded again."));
  }

  get offline() {
    return this.#offline.checked;
  }

  run() {
    const on = [...this.#switches].filter(([, { input }]) => input.checked);
    return { site: this.#site.value, faults: Object.fromEntries(on.map(([id, { number }]) => [id, number()])) };
  }

  show({ site, faults }) {
    this.#site.value = site;
    for (const [id, { input, show }] of this.#switches) {
      input.checked = id in faults;
      if (id in faults) show(faults[id]);
    }
  }

  /** Tabs can be opened and ended only while there is something to see. */
  setRunning(running) {
    for (const button of this.#acts) button.disabled = !running;
  }

  #row(fault, tell) {
    const { id, label, says, unit } = fault;
    const input = element("input", { type: "checkbox", role: "switch", id: `fault-${id}` });
    input.setAttribute("aria-describedby", `fault-${id}-says`);
    input.addEventListener("change", tell);
    let number = unit ? fault.usual : true;
    const field = unit && numberField(`fault-${id}-number`, fault, (value) => {
      number = value;
      if (input.checked) tell();
    });
    field?.element.firstElementChild.classList.add("unseen");
    this.#switches.set(id, {
      input,
      number: () => number,
      show(value) {
        number = value;
        field?.show(value);
      },
    });
    return element("li", {},
      element("label", { className: "check" }, input, label), ...(field ? [field.element, field.refusal] : []),
      element("p", { className: "hint", id: `fault-${id}-says` }, says));
  }
}
