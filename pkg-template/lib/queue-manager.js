import { dressed } from "./callback.js";
import { Connection } from "./connection.js";
import { Group } from "./group.js";
import { GuidEnumerator } from "./guid-enumerator.js";
import { HeldGroups } from "./held-groups.js";
import { assertInternal, internal, reading, travel } from "./internal.js";
import { readOptions } from "./options.js";

export class QueueManager extends EventTarget {
  #name;
  #storage;
  #session;
  #connection;
  #held = new HeldGroups();

  static async open(options) {
    const read = reading("an option", () => readOptions(options));
    const manager = new QueueManager(internal);
    const { connection, session } = await Connection.open(read, manager);
    manager.#name = read.name;
    manager.#storage = connection.storage;
    manager.#session = session;
    manager.#connection = connection;
    return manager;
  }

  constructor(token) {
    assertInternal(token);
    super();
  }

  get name() {
    return this.#name;
  }

  get storage() {
    this.#session.check();
    return this.#storage;
  }

  get role() {
    // An event may come before `open` is through.
    this.#session?.check();
    return this.#connection?.role ?? "standby";
  }

  async createGroup(groupId, options) {
    return this.#group(await travel(options, () => this.#session.createGroup(groupId)));
  }

  async getGroup(groupId, options) {
    return this.#group(await travel(options, () => this.#session.getGroup(groupId)));
  }

  async enumGroups(flags, options) {
    return new GuidEnumerator(internal, await travel(options, () => this.#session.enumGroups(flags)));
  }

  registerClass(clsid, factory) {
    const made = () => dressed(factory(), (handle) => this.#group(handle));
    this.#session.registerClass(clsid, typeof factory === "function" ? made : factory);
  }

  openFile(localFile, options) {
    return travel(options, () => this.#session.openFile(localFile));
  }

  deleteFile(localFile, options) {
    return travel(options, () => this.#session.deleteFile(localFile));
  }

  listFiles(directory, options) {
    return travel(options, () => this.#session.listFiles(directory));
  }

  async estimate() {
    this.#session.check();
    if (this.#storage === "memory") {
      const files = await this.listFiles();
      const usage = files.reduce((sum, { size }) => sum + size, 0);
      // Nobody knows how much there is; JSON knows no Infinity.
      return { usage, quota: Number.MAX_SAFE_INTEGER, persisted: false };
    }
    const { storage } = navigator;
    const [estimate, persisted] = await Promise.all([storage.estimate?.(), storage.persisted()]);
    return { usage: estimate?.usage ?? 0, quota: estimate?.quota ?? 0, persisted };
  }

  async persist() {
    this.#session.check();
    return this.#storage === "memory" ? false : navigator.storage.persist();
  }

  async close() {
    const closed = this.#connection.close(this, this.#session);
    this.#held.close();
    await closed;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  /** For the connection: something happened to the queue, or to one of its groups. */
  [internal](type, groupId, serial, status) {
    if (type === "role") this.#tell("role", { role: this.role });
    else if (type === "change") this.#tell("change", { groupId });
    else this.#held.tell(serial, type, status);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail: Object.freeze(detail) }));
  }

  #group(handle) {
    return new Group(internal, handle, this.#held);
  }
}
