/**
 * One group on the page. Shows how a program follows a group: it keeps the handle, listens to its events, and reads
 * the getters, which are synchronous and always show what the engine last said.
 */
import { GROUPPROP_DISPLAYNAME, QM_PROGRESS_PERCENT_DONE, QM_STATUS_FILE_COMPLETE, describeStatus } from "qmgr";
import { announce } from "./announce.js";
import { confirmCancel } from "./confirm-cancel.js";
import { setText } from "./element.js";
import { attempt, record } from "./event-log.js";
import { FileRows } from "./file-rows.js";
import { bytes, duration, hex } from "./format.js";
import { hresultText } from "./hresult.js";
import { LEVELS, meaningOf } from "./status.js";
import { errorText, waitText } from "./wait-text.js";
import { WordView } from "./word-view.js";

const template = document.querySelector("#group-template");
const NONE = "–";

export class GroupCard extends EventTarget {
  #group;
  #fields;
  #words;
  #rows;
  #details;
  #lastWord = null;
  #gone = false;

  /**
   * Dispatches `"removed"` when the group has left the queue, and `"settled"` when files may have been published or
   * deleted.
   */
  constructor(group) {
    super();
    this.#group = group;
    this.element = template.content.cloneNode(true).firstElementChild;
    this.#fields = Object.fromEntries([...this.element.querySelectorAll("[data-field]")].map((field) => [field.dataset.field, field]));
    this.#words = LEVELS.map((level) => new WordView(level));
    this.#fields.words.append(...this.#words.map((word) => word.element));
    this.#rows = new FileRows(this.#fields.files);
    this.#details = this.element.querySelector("details");
    this.#details.addEventListener("toggle", () => this.refresh());
    this.element.dataset.groupId = group.groupId;
    this.#fields.name.id = `name-${group.groupId}`;
    this.element.setAttribute("aria-labelledby", this.#fields.name.id);
    setText(this.#fields.id, group.groupId.slice(0, 8));
    this.#fields.id.title = group.groupId;

    group.addEventListener("statuschange", (event) => this.#changed(event.detail.status));
    group.addEventListener("progress", () => this.refresh());
    group.addEventListener("complete", () => {
      this.#said("complete");
      this.dispatchEvent(new Event("settled"));
    });
    group.addEventListener("error", () => this.#said("error"));
    for (const button of this.element.querySelectorAll("[data-action]")) {
      button.addEventListener("click", () => this.#act(button.dataset.action));
    }
    this.refresh();
  }

  get groupId() {
    return this.#group.groupId;
  }

  get name() {
    return this.#fields.name.textContent;
  }

  get gone() {
    return this.#gone;
  }

  /** Reads everything anew. Cheap: the getters answer from the page's own copy. */
  refresh() {
    if (this.#gone) return;
    try {
      this.#show();
    } catch (error) {
      // Every getter of a cancelled group fails; here or in another tab, somebody has cancelled it.
      if (error.code !== "QM_E_INVALID_STATE") throw error;
      this.#remove();
    }
  }

  #show() {
    const group = this.#group;
    const { status } = group.getStatus();
    const details = group.getDetails();
    const name = group.getProp(GROUPPROP_DISPLAYNAME) || "Unnamed group";

    this.#lastWord ??= status;
    this.element.dataset.status = hex(status, 3);
    this.element.dataset.state = details.state;
    this.element.dataset.moving = String(details.state === "connecting" || details.state === "transferring" || details.state === "publishing");
    setText(this.#fields.name, name);
    setText(this.#fields.state, details.state);
    setText(this.#fields.meaning, meaningOf(status));
    this.#showWords(status);
    this.#showFigures(details);
    this.#showNote(details);
    this.#suggest(details.state);
  }

  /** A group has no job until it is made, and a job no word for a file that it does not have. */
  #showWords(status) {
    const [groupWord, jobWord, fileWord] = this.#words;
    groupWord.show(status);
    const job = this.#job();
    if (job === null) {
      jobWord.show(null);
      fileWord.show(null);
      return;
    }
    const { status: word, transportResult, win32Result, numOfRetries } = job.getStatus();
    jobWord.show(word);
    setText(this.#fields.transport, transportResult === 0 ? NONE : String(transportResult));
    setText(this.#fields.win32, win32Text(win32Result));
    this.#fields.win32.title = win32Text(win32Result);
    setText(this.#fields.retries, String(numOfRetries));

    const count = job.getFileCount();
    setText(this.#fields["file-summary"], count === 1 ? "1 file" : `${count} files`);
    const index = currentFile(job, count);
    if (index < 0) fileWord.show(null);
    else fileWord.show(job.getFileDetails(index).status, count > 1 ? `File ${index}` : undefined);
    if (this.#details.open) this.#rows.show(job);
  }

  #showFigures({ state, bytesDone, bytesTotal, bytesPerSecond, secondsRemaining }) {
    const percent = this.#group.getProgress(QM_PROGRESS_PERCENT_DONE);
    this.#fields.progress.value = percent;
    this.#fields.progress.setAttribute("aria-label", `Progress of ${this.name}`);
    setText(this.#fields.percent, `${percent} %`);
    setText(this.#fields.bytes, bytesTotal === null ? `${bytes(bytesDone)} of unknown` : `${bytes(bytesDone)} of ${bytes(bytesTotal)}`);
    const moving = state === "transferring" && bytesPerSecond > 0;
    setText(this.#fields.speed, moving ? `${bytes(bytesPerSecond)}/s` : NONE);
    setText(this.#fields.left, moving && secondsRemaining !== null ? duration(secondsRemaining) : NONE);
  }

  #showNote({ wait, error }) {
    const note = this.#fields.note;
    note.dataset.kind = error ? "error" : wait ? "wait" : "";
    this.element.dataset.wait = wait?.reason ?? "";
    setText(note, error ? errorText(error) : wait ? waitText(wait) : "");
  }

  /** Every call is allowed in every state; the button that leads on is the filled one. */
  #suggest(state) {
    const next = { new: "resume", suspended: "resume", error: "resume" }[state] ?? null;
    for (const button of this.element.querySelectorAll("[data-action]")) {
      button.dataset.suggested = String(button.dataset.action === next);
    }
  }

  #job() {
    const [jobId] = this.#group.enumJobs();
    return jobId === undefined ? null : this.#group.getJob(jobId);
  }

  #changed(status) {
    if (status !== this.#lastWord) {
      const names = describeStatus(status).map((bit) => bit.replace("QM_STATUS_GROUP_", "")).join(" ");
      record("event", this.name, `statuschange ${hex(this.#lastWord, 3)} → ${hex(status, 3)} ${names}`);
      this.#lastWord = status;
    }
    this.refresh();
  }

  #said(what) {
    this.refresh();
    if (this.#gone) return;
    const { error } = this.#group.getDetails();
    if (what === "error" && error) {
      record("failure", this.name, `error ${errorText(error)}`);
      announce(`${this.name}: failed, ${errorText(error)}`);
    } else {
      record("event", this.name, what);
      announce(`${this.name}: ${what}`);
    }
  }

  async #act(action) {
    const group = this.#group;
    const calls = {
      resume: () => attempt(this.name, "resumeGroup()", () => group.resumeGroup()),
      suspend: () => attempt(this.name, "suspendGroup()", () => group.suspendGroup()),
      foreground: () => attempt(this.name, "switchToForeground()", () => group.switchToForeground()),
      cancel: () => this.#cancel(),
    };
    await calls[action]();
    this.refresh();
  }

  /** Unfinished bytes are deleted by it, so a group that has some asks first. */
  async #cancel() {
    const { state, bytesDone } = this.#group.getDetails();
    if (state !== "complete" && bytesDone > 0 && !await confirmCancel(this.name, bytesDone)) return;
    const { error } = await attempt(this.name, "cancelGroup()", () => this.#group.cancelGroup());
    if (!error) this.#remove();
  }

  #remove() {
    if (this.#gone) return;
    this.#gone = true;
    announce(`${this.name}: cancelled`);
    this.dispatchEvent(new Event("removed"));
    this.dispatchEvent(new Event("settled"));
  }
}

/** The file that is being worked on: the first that is not there, else the last; −1 where there is none. */
function currentFile(job, count) {
  for (let index = 0; index < count; index += 1) {
    if (job.getFileDetails(index).status !== QM_STATUS_FILE_COMPLETE) return index;
  }
  return count - 1;
}

/** A failure that Windows has no number for is the HRESULT itself. */
function win32Text(result) {
  if (result === 0) return NONE;
  return result > 0xffff ? hresultText(result) : String(result);
}
