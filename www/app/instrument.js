/** The opened group: its commands, its three words as lamps, and its figures. It stays in view beside every tab. */
import { command } from "./commands.js";
import { setText } from "./element.js";
import { bytes, duration } from "./format.js";
import { jobOf } from "./read-group.js";
import { LEVELS, meaningOf } from "./status.js";
import { errorText, waitText } from "./wait-text.js";
import { WordView } from "./word-view.js";

const SECOND = 1000;
const NONE = "–";

/** @param {HTMLElement} section @param {import("./context.js").Context} context */
export function mount(section, context) {
  const { groups, selection } = context;
  const view = new Instrument(section);
  const refresh = () => view.show(groups.readNow(selection.groupId), groups.handle(selection.groupId));
  selection.addEventListener("change", refresh);
  for (const type of ["added", "changed", "removed"]) {
    groups.addEventListener(type, ({ detail: { groupId } }) => {
      if (groupId === selection.groupId) refresh();
    });
  }
  section.querySelector(".actions").addEventListener("click", ({ target }) => {
    const action = target.closest("button")?.dataset.action;
    const reading = groups.reading(selection.groupId);
    if (action && reading) command(context, action, [reading]);
  });
  setInterval(() => view.tick(), SECOND);
}

class Instrument {
  #section;
  #fields;
  #buttons;
  #words = LEVELS.map((level) => new WordView(level, (text) => this.#explain(text)));
  #reading = null;
  #explained = null;

  constructor(section) {
    this.#section = section;
    this.#fields = Object.fromEntries([...section.querySelectorAll("[data-field]")].map((field) => [field.dataset.field, field]));
    this.#buttons = [...section.querySelectorAll("[data-action]")];
    this.#fields.words.append(...this.#words.map((word) => word.element));
    this.show(undefined);
  }

  /** @param {import("./read-group.js").GroupReading | undefined} reading */
  show(reading, group) {
    this.#reading = reading ?? null;
    this.#section.dataset.groupId = reading?.groupId ?? "";
    this.#section.dataset.state = reading?.details.state ?? "none";
    setText(this.#fields.name, reading?.name ?? "No group is open");
    setText(this.#fields.state, reading?.details.state ?? "");
    this.#fields.state.hidden = !reading;
    setText(this.#fields.id, reading?.groupId.slice(0, 8) ?? "");
    this.#fields.id.title = reading?.groupId ?? "";
    for (const button of this.#buttons) button.disabled = !reading;
    this.#suggest(reading?.details.state);
    this.#showWords(reading, group);
    this.#showFigures(reading);
    this.tick();
  }

  /** What the words say, and why the group waits: a time that runs without anything happening in the queue. */
  tick() {
    const { meaning, note } = this.#fields;
    const { wait = null, error = null } = this.#reading?.details ?? {};
    setText(meaning, this.#explained ?? (this.#reading ? meaningOf(this.#reading.status) : "Open a group, and its lamps tell where it stands."));
    note.dataset.kind = error ? "error" : "wait";
    setText(note, this.#explained ? "" : error ? errorText(error) : wait ? waitText(wait) : "");
  }

  #explain(text) {
    this.#explained = text;
    this.tick();
  }

  /** A group has no job until it is made, and a job no word for a file that it does not have. */
  #showWords(reading, group) {
    const [groupWord, jobWord, fileWord] = this.#words;
    groupWord.show(reading?.status ?? null);
    jobWord.show(reading?.job?.status ?? null);
    const count = reading?.job?.fileCount ?? 0;
    if (count === 0) return fileWord.show(null);
    // Files are fetched in their order: the one that is being worked on comes after those that are there.
    const index = Math.min(reading.details.filesDone, count - 1);
    return fileWord.show(jobOf(group).getFileDetails(index).status, count > 1 ? `File ${index}` : undefined);
  }

  #showFigures(reading) {
    const { progress, percent, bytes: amount, speed, left, files } = this.#fields;
    const details = reading?.details;
    progress.value = reading?.percent ?? 0;
    setText(percent, reading ? `${reading.percent} %` : NONE);
    setText(amount, details ? details.bytesTotal === null ? `${bytes(details.bytesDone)}, size unknown` : `${bytes(details.bytesDone)} of ${bytes(details.bytesTotal)}` : NONE);
    const moving = details?.state === "transferring" && details.bytesPerSecond > 0;
    setText(speed, moving ? `${bytes(details.bytesPerSecond)}/s` : NONE);
    setText(left, moving && details.secondsRemaining !== null ? duration(details.secondsRemaining) : NONE);
    setText(files, details ? `${details.filesDone} of ${details.filesTotal}` : NONE);
  }

  /** Every call is allowed in every state; the button that leads on is the filled one. */
  #suggest(state) {
    const next = { new: "resume", suspended: "resume", error: "resume" }[state] ?? null;
    for (const button of this.#buttons) button.dataset.suggested = String(button.dataset.action === next);
  }
}
