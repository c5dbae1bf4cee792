/**
 * One page's side of a laboratory run: it opens the queue, or is given it, and follows the one group that the run is
 * about. The page itself is such a tab, and so is each frame that stands for another one.
 */
import { GROUPPROP_DISPLAYNAME, QueueManager } from "../qmgr/index.js";
import { hex } from "../app/format.js";
import { jobOf, readGroup } from "../app/read-group.js";
import { killWorker, makeWorker } from "./page-worker.js";
import { rowOf } from "./record-row.js";
import { hashOf } from "./server/content.js";

/** Opens a queue in this page; `options` are those of `QueueManager.open`, the rest is as in `LabTab`. */
export async function openTab(options, about) {
  const queue = await QueueManager.open({ ...options, worker: makeWorker });
  const tab = new LabTab(queue, about);
  // Another tab may make the group later.
  queue.addEventListener("change", () => void tab.find());
  await tab.find();
  return tab;
}

export class LabTab {
  #queue;
  #name;
  #group = null;
  #note;

  /**
   * @param {import("../qmgr/index.js").QueueManager} queue
   * @param {{ name: string, note: (text: string) => void }} about  the group's display name, by which it is known, and
   *   who is told of what happens; the journal hears of the page's own groups by other ways
   */
  constructor(queue, { name, note = () => {} }) {
    this.#queue = queue;
    this.#name = name;
    this.#note = note;
    queue.addEventListener("role", ({ detail: { role } }) => note(`role ${role}`));
  }

  get role() {
    return this.#queue.role;
  }

  get groupId() {
    return this.#group?.groupId ?? null;
  }

  /** What there is to see of the group, or null: a reading, and its one file. */
  look() {
    const reading = this.#group && readGroup(this.#group);
    if (!reading) return null;
    const file = reading.job && reading.job.fileCount > 0 ? jobOf(this.#group).getFileDetails(0) : null;
    return { ...reading, file };
  }

  /** The same as the record keeps it, or null. */
  row() {
    const reading = this.look();
    return reading && rowOf(reading, this.#group);
  }

  /** Looks for the run's group, which any tab may have made, unless there is one already. */
  async find() {
    if (this.look()) return;
    const [found] = await this.#groups();
    if (found && !this.look()) this.follow(found);
  }

  /** Takes a group for the run's. */
  follow(group) {
    if (this.groupId === group.groupId) return;
    this.#group = group;
    group.addEventListener("statuschange", ({ detail: { status } }) => this.#note(`statuschange → ${hex(status, 3)}`));
  }

  /** Makes the run's group and resumes it. */
  async download(files) {
    const group = await this.#queue.createGroup();
    await group.setProp(GROUPPROP_DISPLAYNAME, this.#name);
    const job = await group.createJob();
    await job.addFiles(files);
    this.follow(group);
    await group.resumeGroup();
    this.#note("createGroup(), addFiles(1), resumeGroup() → S_OK");
  }

  /** Does away with what earlier runs of this name left: the groups and the file. */
  async clear(localFile) {
    this.#group = null;
    for (const group of await this.#groups()) await group.cancelGroup();
    for (const stored of await this.#queue.listFiles()) {
      if (stored.localFile === localFile) await this.#queue.deleteFile(localFile);
    }
  }

  /** The group's turn comes at once, whatever else the queue has to do. */
  hurry() {
    return this.#group.switchToForeground();
  }

  /** Holds the group where it is, if it is there and not complete. */
  async suspend() {
    if (this.look()?.details.state !== "complete") await this.#group?.suspendGroup();
  }

  /** SHA-256 of the published file, in lower-case hex. */
  async hash(localFile) {
    const file = await this.#queue.openFile(localFile);
    return hashOf(await file.arrayBuffer());
  }

  /** Ends this page's engine, as a browser does without asking. */
  killWorker() {
    killWorker();
  }

  async #groups() {
    const found = [];
    for (const id of await this.#queue.enumGroups()) {
      const group = await this.#queue.getGroup(id).catch(() => null);
      if (group && isNamed(group, this.#name)) found.push(group);
    }
    return found;
  }
}

/** A group may be cancelled between any two looks. */
function isNamed(group, name) {
  try {
    return group.getProp(GROUPPROP_DISPLAYNAME) === name;
  } catch {
    return false;
  }
}
