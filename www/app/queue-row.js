/** One group in the list. It keeps what it has drawn, and touches only what is different. */
import { command } from "./commands.js";
import { setText } from "./element.js";
import { bytes, duration, hex } from "./format.js";
import { jobOf } from "./read-group.js";
import { isRunnable } from "./state-names.js";
import { shortError, shortWait } from "./wait-text.js";

const template = document.querySelector("#row-template");
/** So many addresses of a group are searched. */
const SEARCHED = 100;

export class QueueRow {
  #context;
  #fields;
  #toggle;
  #reading;
  #words = null;

  /** @param {import("./read-group.js").GroupReading} reading @param {import("./context.js").Context} context */
  constructor(reading, context) {
    this.#context = context;
    this.element = template.content.cloneNode(true).firstElementChild;
    this.element.dataset.groupId = reading.groupId;
    this.#fields = Object.fromEntries([...this.element.querySelectorAll("[data-field]")].map((field) => [field.dataset.field, field]));
    this.#toggle = this.element.querySelector("[data-row=toggle]");
    this.element.addEventListener("click", ({ target }) => this.#act(target.closest("button")));
    this.show(reading);
  }

  get groupId() {
    return this.#reading.groupId;
  }

  get reading() {
    return this.#reading;
  }

  /** What the search looks through. Addresses are read when somebody searches, and kept. */
  get words() {
    const { groupId, name, job } = this.#reading;
    if (this.#words?.name !== name || this.#words.fileCount !== job?.fileCount) {
      this.#words = { name, fileCount: job?.fileCount, text: `${name} ${groupId} ${this.#addresses()}`.toLowerCase() };
    }
    return this.#words.text;
  }

  get hidden() {
    return this.element.hidden;
  }

  /** Setting an attribute to what it is would be work for the browser all the same. */
  set hidden(hidden) {
    if (this.element.hidden !== hidden) this.element.hidden = hidden;
  }

  set open(open) {
    if (open) this.#fields.name.setAttribute("aria-current", "true");
    else this.#fields.name.removeAttribute("aria-current");
  }

  /** @param {import("./read-group.js").GroupReading} reading */
  show(reading) {
    const named = this.#reading?.name !== reading.name || isRunnable(this.#reading.details.state) !== isRunnable(reading.details.state);
    this.#reading = reading;
    const { details, percent } = reading;
    this.element.dataset.state = details.state;
    setText(this.#fields.word, hex(reading.status, 3));
    setText(this.#fields.state, details.state);
    setText(this.#fields.percent, `${percent} %`);
    if (this.#fields.progress.value !== percent) this.#fields.progress.value = percent;
    if (named) this.#name();
    this.tick();
  }

  /** Shows what matters most just then; how long a group waits still, the clock alone changes. */
  tick() {
    setText(this.#fields.about, about(this.#reading.details));
  }

  #name() {
    const { name, details } = this.#reading;
    const verb = isRunnable(details.state) ? "suspend" : "resume";
    setText(this.#fields.name, name);
    this.#fields.progress.setAttribute("aria-label", `Progress of ${name}`);
    this.#toggle.dataset.command = verb;
    this.#toggle.querySelector("use").setAttribute("href", `#icon-${verb}`);
    label(this.#toggle, verb === "suspend" ? "Suspend" : "Resume", name);
    label(this.element.querySelector("[data-row=foreground]"), "Foreground", name);
    label(this.element.querySelector("[data-row=cancel]"), "Cancel", name);
  }

  #act(button) {
    if (!button) return;
    if (button === this.#fields.name) {
      this.#context.selection.select(this.groupId);
      // Beside a list that stays in view, whatever tab is in front may stay there.
      if (document.body.dataset.tab === "queue") this.#context.show("group");
      return;
    }
    command(this.#context, button.dataset.command ?? button.dataset.row, [this.#reading]);
  }

  #addresses() {
    const group = this.#context.groups.handle(this.groupId);
    try {
      const job = group && jobOf(group);
      return job ? Array.from({ length: Math.min(SEARCHED, job.getFileCount()) }, (_, index) => job.getFile(index).remoteFile).join(" ") : "";
    } catch (error) {
      // Cancelled in this very moment: the row goes with the next frame.
      if (error.code !== "QM_E_INVALID_STATE") throw error;
      return "";
    }
  }
}

function label(button, verb, name) {
  button.setAttribute("aria-label", `${verb} ${name}`);
  button.title = verb;
}

/** One line: why it failed, why it waits and until when, how fast it goes, or how much is there. */
function about(details) {
  const { state, error, wait, bytesPerSecond, secondsRemaining, filesTotal } = details;
  if (error) return shortError(error);
  if (wait) return shortWait(wait);
  if (state === "transferring" && bytesPerSecond > 0) {
    return `${bytes(bytesPerSecond)}/s, ${secondsRemaining === null ? sizeText(details) : `${duration(secondsRemaining)} left`}`;
  }
  return `${filesTotal === 1 ? "1 file" : `${filesTotal} files`}, ${sizeText(details)}`;
}

function sizeText({ bytesDone, bytesTotal }) {
  if (bytesTotal === null) return bytesDone === 0 ? "size not known yet" : bytes(bytesDone);
  return bytesDone === bytesTotal ? bytes(bytesTotal) : `${bytes(bytesDone)} of ${bytes(bytesTotal)}`;
}
