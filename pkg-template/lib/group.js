import { dressed } from "./callback.js";
import { GuidEnumerator } from "./guid-enumerator.js";
import { assertInternal, internal, travel } from "./internal.js";
import { Job } from "./job.js";
import { Listeners } from "./listeners.js";

export class Group extends EventTarget {
  #handle;
  #held;
  #listeners = new Listeners(() => this.#updateHold());
  #waiting = new Set();

  constructor(token, handle, held) {
    assertInternal(token);
    super();
    this.#handle = handle;
    this.#held = held;
  }

  get groupId() {
    return this.#handle.groupId;
  }

  getStatus() {
    return this.#handle.getStatus();
  }

  getProgress(flags) {
    return this.#handle.getProgress(flags);
  }

  getSize() {
    return this.#handle.getSize();
  }

  getProp(property) {
    return this.#handle.getProp(property);
  }

  setProp(property, value, options) {
    return travel(options, () => this.#handle.setProp(property, value));
  }

  getJob(jobId) {
    return new Job(internal, this.#handle.getJob(jobId), this);
  }

  enumJobs(flags) {
    return new GuidEnumerator(internal, this.#handle.enumJobs(flags));
  }

  async createJob(jobId, options) {
    const handle = await travel(options, () => this.#handle.createJob(jobId));
    return new Job(internal, handle, this);
  }

  suspendGroup(options) {
    return travel(options, () => this.#handle.suspendGroup());
  }

  resumeGroup(options) {
    return travel(options, () => this.#handle.resumeGroup());
  }

  cancelGroup(options) {
    return travel(options, () => this.#handle.cancelGroup());
  }

  switchToForeground(options) {
    return travel(options, () => this.#handle.switchToForeground());
  }

  queryNewJobInterface(iid) {
    return this.#handle.queryNewJobInterface(iid);
  }

  setNotificationPointer(iid, callback) {
    this.#handle.setNotificationPointer(iid, dressed(callback, () => this));
  }

  getDetails() {
    return this.#handle.getDetails();
  }

  async finished(options) {
    const waiting = {};
    const over = () =>
      new Promise((resolve, reject) => {
        // Asked at every event of the group, and when the queue is closed, until it has an answer.
        waiting.ask = () => {
          try {
            if (!this.#handle.outcome()) return;
            resolve();
          } catch (error) {
            reject(error);
          }
          this.#stopWaiting(waiting);
        };
        this.#waiting.add(waiting);
        this.#updateHold();
        waiting.ask();
      });
    try {
      await travel(options, over);
    } finally {
      this.#stopWaiting(waiting);
    }
  }

  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    this.#listeners.add(type, listener, options);
  }

  removeEventListener(type, listener, options) {
    super.removeEventListener(type, listener, options);
    this.#listeners.remove(type, listener, options);
  }

  dispatchEvent(event) {
    this.#listeners.spend(event?.type);
    return super.dispatchEvent(event);
  }

  /** For the queue manager: an event of the group; or, without a status, the end of the queue. */
  [internal](type, status) {
    if (status !== undefined && type !== "cancelled") {
      const detail = Object.freeze({ status, jobIndex: 0 });
      this.dispatchEvent(new CustomEvent(type, { detail }));
    }
    for (const waiting of [...this.#waiting]) waiting.ask();
  }

  #stopWaiting(waiting) {
    if (this.#waiting.delete(waiting)) this.#updateHold();
  }

  /** Nothing but the queue manager keeps a group that somebody only listens to. */
  #updateHold() {
    const needed = this.#listeners.any || this.#waiting.size > 0;
    if (needed) this.#held.add(this, this.#handle.serial);
    else this.#held.delete(this, this.#handle.serial);
  }
}
