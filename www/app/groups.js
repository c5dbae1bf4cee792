/**
 * Every group of the queue: the handle, which follows the engine, and what was last read of it.
 *
 * The queue may tell of hundreds of changes in one frame of the screen. They are gathered, each changed group is read
 * once for the next frame, and no frame reads for longer than its share.
 */
import { describeStatus } from "../qmgr/index.js";
import { failureText } from "./hresult.js";
import { hex } from "./format.js";
import { readGroup } from "./read-group.js";
import { errorText } from "./wait-text.js";

/** Milliseconds of one frame that reading and drawing may take; what is left over waits for the next. */
const SHARE = 8;

/**
 * Dispatches, as `CustomEvent<{ groupId, reading, before }>`:
 * `"added"` and `"changed"`, in the frame in which it is drawn; `"removed"`, with `reading: null`;
 * `"settled"` when files may have been published or deleted.
 */
export class Groups extends EventTarget {
  #queue;
  #journal;
  #known = new Map();
  #asked = new Map();
  #dirty = new Set();
  #frame = false;

  /**
   * @param {import("../qmgr/index.js").QueueManager} queue
   * @param {import("./journal.js").Journal} journal
   */
  constructor(queue, journal) {
    super();
    this.#queue = queue;
    this.#journal = journal;
    // Any tab may create, change or cancel groups: the queue tells which, this page looks.
    queue.addEventListener("change", (event) => this.look(event.detail.groupId));
  }

  /** Finds the groups that were there before this page was. */
  async restore() {
    await Promise.all([...await this.#queue.enumGroups(0)].map((groupId) => this.look(groupId)));
  }

  get size() {
    return this.#known.size;
  }

  /** The readings of all groups, in the order in which the page came to know them. */
  readings() {
    return [...this.#known.values()].map(({ reading }) => reading);
  }

  /** @returns {import("./read-group.js").GroupReading | undefined} */
  reading(groupId) {
    return this.#known.get(groupId)?.reading;
  }

  /**
   * Reads a group for those who ask its handle for more. Undefined once it is cancelled: its handle answers nothing,
   * though it is known until the next frame.
   *
   * @returns {import("./read-group.js").GroupReading | undefined}
   */
  readNow(groupId) {
    const group = this.handle(groupId);
    return (group && readGroup(group)) ?? undefined;
  }

  /** @returns {import("../qmgr/index.js").Group | undefined} */
  handle(groupId) {
    return this.#known.get(groupId)?.group;
  }

  /** Has a group read anew, and asks the queue for it where it is not known. Resolves when it is there or gone. */
  look(groupId) {
    if (this.#known.has(groupId)) {
      this.#mark(groupId);
      return Promise.resolve();
    }
    if (!this.#asked.has(groupId)) this.#asked.set(groupId, this.#ask(groupId).finally(() => this.#asked.delete(groupId)));
    return this.#asked.get(groupId);
  }

  /** Takes in a group that this page has just made. */
  add(group) {
    const { groupId } = group;
    if (this.#known.has(groupId)) return this.#mark(groupId);
    const reading = readGroup(group);
    if (reading === null) return undefined;
    this.#known.set(groupId, { group, reading });
    this.#listen(group, reading.status);
    this.#tell("added", groupId, reading, null);
    return undefined;
  }

  async #ask(groupId) {
    try {
      this.add(await this.#queue.getGroup(groupId));
    } catch (error) {
      if (error.code === "QM_E_ITEM_NOT_FOUND") return;
      this.#journal.add({ kind: "failure", who: groupId.slice(0, 8), groupId, text: `getGroup() → ${failureText(error)}` });
    }
  }

  #listen(group, word) {
    const { groupId } = group;
    let last = word;
    const note = (kind, text, detail) => this.#journal.add({ kind, who: this.reading(groupId)?.name ?? groupId.slice(0, 8), groupId, text, detail });
    group.addEventListener("statuschange", ({ detail: { status } }) => {
      if (status !== last) {
        const names = describeStatus(status).map((bit) => bit.replace("QM_STATUS_GROUP_", "")).join(" ");
        note("event", `statuschange ${hex(last, 3)} → ${hex(status, 3)} ${names}`, { before: last, status });
        last = status;
      }
      this.#mark(groupId);
    });
    group.addEventListener("progress", () => this.#mark(groupId));
    group.addEventListener("complete", () => {
      note("event", "complete");
      this.#mark(groupId);
      this.#tell("settled", groupId);
    });
    group.addEventListener("error", () => {
      const { error } = group.getDetails();
      if (error) note("failure", `error ${errorText(error)}`, { error });
      this.#mark(groupId);
    });
  }

  #mark(groupId) {
    this.#dirty.add(groupId);
    if (this.#frame) return;
    this.#frame = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = false;
    const end = performance.now() + SHARE;
    for (const groupId of this.#dirty) {
      this.#dirty.delete(groupId);
      this.#read(groupId);
      if (performance.now() > end) break;
    }
    const [next] = this.#dirty;
    if (next !== undefined) this.#mark(next);
  }

  #read(groupId) {
    const known = this.#known.get(groupId);
    if (!known) return;
    const before = known.reading;
    const reading = readGroup(known.group);
    if (reading === null) {
      this.#known.delete(groupId);
      this.#tell("removed", groupId, null, before);
      this.#tell("settled", groupId, null, before);
    } else {
      known.reading = reading;
      this.#tell("changed", groupId, reading, before);
    }
  }

  #tell(type, groupId, reading = this.reading(groupId) ?? null, before = null) {
    this.dispatchEvent(new CustomEvent(type, { detail: { groupId, reading, before } }));
  }
}
