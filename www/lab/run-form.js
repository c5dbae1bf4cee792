/** What to play, how large and how fast, and the link to it. */
import { element } from "../app/element.js";
import { numberField } from "./number-field.js";
import { FREE } from "./link.js";
import { SCENARIOS } from "./scenarios.js";
import { SETTINGS, usualSettings } from "./settings.js";

/** Dispatches `"change"` when something else is set, `"play"` and `"stop"`. */
export class RunForm extends EventTarget {
  #settings = usualSettings();
  #fields = {};
  #choices = element("div", { className: "lab-choices", role: "radiogroup", ariaLabel: "What to play" });
  #play = element("button", { type: "submit", className: "primary", id: "lab-play" }, "Play");
  #stop = element("button", { type: "button", id: "lab-stop", disabled: true }, "Stop");
  #link = element("input", { id: "lab-link", readOnly: true, spellcheck: false, ariaLabel: "Link to what is set here" });
  #copied = element("span", { className: "hint", role: "status" });
  element;

  constructor() {
    super();
    for (const { id, title } of [...SCENARIOS, { id: FREE, title: "Free run" }]) {
      const radio = element("input", { type: "radio", name: "scenario", value: id, className: "unseen" });
      radio.addEventListener("change", () => this.#changed());
      this.#choices.append(element("label", { className: "chip" }, radio, title));
    }
    for (const [name, about] of Object.entries(SETTINGS)) {
      this.#fields[name] = numberField(`lab-${name}`, about, (value) => {
        this.#settings[name] = value;
        this.#changed();
      });
    }
    const fields = Object.values(this.#fields);
    const copy = element("button", { type: "button", id: "lab-copy" }, "Copy link");
    copy.addEventListener("click", () => void this.#copy());
    this.element = element("form", { className: "panel lab-form", noValidate: true },
      this.#choices,
      element("div", { className: "lab-settings" }, ...fields.map((field) => field.element)),
      ...fields.map((field) => field.refusal),
      element("div", { className: "row lab-go" }, this.#play, this.#stop, this.#link, copy, this.#copied));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.dispatchEvent(new Event("play"));
    });
    this.#stop.addEventListener("click", () => this.dispatchEvent(new Event("stop")));
  }

  run() {
    return { scenario: this.#choices.querySelector(":checked").value, settings: { ...this.#settings } };
  }

  show({ scenario, settings }) {
    this.#choices.querySelector(`[value="${scenario}"]`).checked = true;
    this.#settings = { ...settings };
    for (const [name, field] of Object.entries(this.#fields)) field.show(settings[name]);
    this.#fit();
  }

  showLink(href) {
    this.#link.value = href;
    this.#copied.textContent = "";
  }

  setPlaying(playing) {
    this.#play.textContent = playing ? "Play again" : "Play";
    this.#stop.disabled = !playing;
  }

  #changed() {
    this.#fit();
    this.dispatchEvent(new Event("change"));
  }

  /** A free run has no point where something happens, and nothing to read. */
  #fit() {
    const free = this.run().scenario === FREE;
    for (const name of ["at", "pause"]) this.#fields[name].element.hidden = free;
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#link.value);
      this.#copied.textContent = "Copied.";
    } catch {
      this.#link.select();
      this.#copied.textContent = "The link is selected: copy it from there.";
    }
  }
}
