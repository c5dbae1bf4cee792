/**
 * Where a run of the laboratory takes place: a server with one file, and the tabs that fetch it. The first tab is this
 * page, or, where the run has to close it, a frame; the others are frames, each a page and a worker of its own.
 */
import { errorText } from "../app/wait-text.js";
import { FILES } from "./addresses.js";
import { LabTab } from "./lab-tab.js";
import { requestText } from "./request-text.js";
import { sha256Of } from "./server/content.js";

/** How often the stage looks at its tabs and at the server, in milliseconds. */
const LOOK = 100;
/** A queue of frames has short delays, so that one need not wait long to see something. */
const FRAMES_QUEUE = { name: "laboratory", retry: { minimumDelay: 2000, maximumDelay: 4000 }, checkpoint: { interval: 250 } };

/** Dispatches `"look"` when there may be something new to see. */
export class Stage extends EventTarget {
  #context;
  #server;
  #run;
  #script;
  #tabs = new Map();
  #requests = new Map();
  #after = 0;
  #firstGroupId = null;
  #looking;
  #closed = false;

  /**
   * @param {import("../app/context.js").Context} context
   * @param {import("./lab-server.js").LabServer} server
   * @param {{ id: string, title: string, site: "same" | "other", frames: boolean, file: { size: number, speed: number, at: number } }} run
   *   `frames`: the first tab is a frame too
   */
  constructor(context, server, run) {
    super();
    this.#context = context;
    this.#server = server;
    this.#run = run;
  }

  /** Serves the file and opens the first tab, with nothing left of an earlier run. */
  async open(script) {
    const { id, frames } = this.#run;
    this.#script = script;
    await this.#server.serve(this.#fileName, script);
    this.#after = (await this.#server.requests()).at(-1)?.id ?? 0;
    if (frames) {
      // No group of the page's own queue is what the run is about.
      this.#context.selection.select(null);
      await this.openTab(1);
    } else {
      this.#tabs.set(1, { tab: new LabTab(this.#context.queue, { name: this.#groupName }), frame: null });
    }
    await this.#tab().clear(this.#localFile);
    this.dispatchEvent(new Event("look"));
    this.#looking = this.#keepLooking();
    this.#context.journal.add({ kind: "event", who: "laboratory", text: `begins: ${id}`, detail: { script } });
  }

  /** Ends all that this stage has begun: its frames go, the page's group is suspended. */
  close() {
    this.#closed = true;
    if (this.#run.frames && this.#firstGroupId !== null) {
      this.#context.journal.add({ kind: "event", who: "laboratory", groupId: this.#firstGroupId, text: "ends: its tabs are closed", detail: { row: null } });
    }
    for (const { tab, frame } of this.#tabs.values()) {
      // Whoever cancelled the group has ended it too.
      if (frame === null) tab.suspend().catch(() => {});
      else frame.remove();
    }
    this.#tabs.clear();
    this.dispatchEvent(new Event("look"));
  }

  /** The file's size and speed, and where in it something happens, in bytes. */
  file() {
    return this.#run.file;
  }

  /** The first tab makes a group of the file and resumes it. */
  async download() {
    const files = [{ remoteFile: this.#server.url(this.#fileName, this.#run.site), localFile: this.#localFile }];
    if (this.#run.frames) {
      await this.#tab().download(files);
    } else {
      const { group, error } = await this.#context.create(files, { name: this.#groupName, resume: true });
      if (error) throw error;
      this.#tab().follow(group);
    }
    this.#firstGroupId = this.#tab().groupId;
  }

  /** Opens a tab under a number: a frame, in the queue of the first tab. */
  async openTab(number) {
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = `Tab ${number} of the laboratory`;
    frame.src = "lab/tab.html";
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    document.body.append(frame);
    await loaded;
    if (this.#closed) return frame.remove();
    const options = this.#run.frames ? FRAMES_QUEUE : { name: this.#context.queue.name };
    const tab = await frame.contentWindow.openTab(options, { name: this.#groupName, note: (text) => this.#note(number, text) });
    this.#tabs.set(number, { tab, frame });
    this.#note(number, "opened");
    return undefined;
  }

  /** Takes the frame out of the page: its worker ends with it, as a closed tab's does. */
  closeTab(number) {
    this.#tabs.get(number).frame.remove();
    this.#tabs.delete(number);
    this.#note(number, "closed");
  }

  /** Terminates the worker of a tab, which lives on without one. */
  killWorker(number) {
    const entry = this.#tabs.get(number);
    entry.tab.killWorker();
    entry.killed = true;
    this.#note(number, "its worker was terminated");
  }

  /** Changes what the server does, from now on. */
  async change(script) {
    this.#script = script;
    await this.#server.change(this.#fileName, script);
  }

  /** The tabs that are open, by number: `{ number, isPage, killed, role, look }`. */
  tabs() {
    return [...this.#tabs].map(([number, { tab, frame, killed = false }]) =>
      ({ number, isPage: frame === null, killed, role: killed ? "none" : tab.role, look: tab.look() }));
  }

  role(number) {
    return this.#tabs.get(number)?.tab.role ?? null;
  }

  groupId(number) {
    return this.#tabs.get(number)?.tab.groupId ?? null;
  }

  /** The id of the group that `download` made, whatever became of it. */
  firstGroupId() {
    return this.#firstGroupId;
  }

  state(number) {
    return this.#look(number)?.details.state ?? null;
  }

  /** The reason for which the group waits, or null. */
  waitsFor(number) {
    return this.#look(number)?.details.wait?.reason ?? null;
  }

  bytesDone(number) {
    return this.#look(number)?.details.bytesDone ?? 0;
  }

  /** How many bytes of the file would survive a crash. */
  durable(number) {
    return (this.#look(number)?.file?.ranges ?? []).reduce((sum, [start, end]) => sum + end - start, 0);
  }

  /** What the server was asked for since the run began, oldest first. */
  requests() {
    return [...this.#requests.values()];
  }

  published() {
    return this.#tab().hash(this.#localFile);
  }

  /** SHA-256 of a version of the server's file, made from the rule that the server follows. */
  expected(version) {
    return sha256Of(`${FILES}${this.#fileName}`, version, this.#script.size);
  }

  /** Resolves when `test` is true; it is asked whenever the stage looks. Rejects when the group comes to be in error. */
  until(test, signal) {
    return new Promise((resolve, reject) => {
      const settle = (how, value) => {
        this.removeEventListener("look", look);
        signal.removeEventListener("abort", stop);
        how(value);
      };
      const look = () => {
        try {
          if (test()) settle(resolve);
          else this.#failOnError();
        } catch (error) {
          settle(reject, error);
        }
      };
      const stop = () => settle(reject, signal.reason);
      this.addEventListener("look", look);
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      else look();
    });
  }

  /** Lets so many milliseconds pass. */
  pause(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      }, { once: true });
    });
  }

  get #fileName() {
    return `${this.#run.id}.bin`;
  }

  get #localFile() {
    return `/laboratory/${this.#run.id}.bin`;
  }

  get #groupName() {
    return `Laboratory: ${this.#run.title}`;
  }

  #tab(number) {
    const tab = number === undefined ? this.#first() : this.#tabs.get(number)?.tab;
    if (!tab) throw new Error("the laboratory has no such tab open");
    return tab;
  }

  /** The tab that has been open for longest; undefined where none is. */
  #first() {
    return this.#tabs.values().next().value?.tab;
  }

  #look(number) {
    return this.#tabs.size === 0 ? null : this.#tab(number).look();
  }

  #failOnError() {
    const error = this.#look()?.details.error;
    if (error) throw new Error(`The group is in error: ${errorText(error)}`);
  }

  /** Tells the journal of a frame, whose queue is not the page's: so it tells what became of the group too. */
  #note(number, text) {
    const row = this.#run.frames ? this.#first()?.row() : null;
    this.#context.journal.add({ kind: "event", who: `tab ${number}`, groupId: row?.groupId ?? this.#firstGroupId, text, detail: row ? { row } : {} });
  }

  async #keepLooking() {
    while (!this.#closed) {
      await this.#lookAtServer();
      await this.#hurry();
      if (this.#closed) return;
      this.dispatchEvent(new Event("look"));
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  /** An answer on its way is asked for again, until it has ended. */
  async #lookAtServer() {
    const open = this.requests().find(({ end }) => end === null);
    const last = this.requests().at(-1);
    const entries = await this.#server.requests(open ? open.id - 1 : last?.id ?? this.#after).catch(() => []);
    for (const entry of entries.filter(({ path, method }) => path === `${FILES}${this.#fileName}` && method === "GET")) {
      const before = this.#requests.get(entry.id);
      this.#requests.set(entry.id, entry);
      if (entry.end !== null && before?.end !== entry.end) this.#context.journal.add(journalled(entry, this.#firstGroupId));
    }
  }

  /** Where the queue has other groups to fetch, the run does not wait for them. */
  async #hurry() {
    const look = this.#look();
    if (look?.details.wait?.reason === "turn") await this.#tab().hurry().catch(() => {});
  }
}

function journalled(entry, groupId) {
  return { kind: "request", who: "server", groupId, text: requestText(entry), detail: entry };
}
