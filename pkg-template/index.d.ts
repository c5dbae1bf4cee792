/// <reference lib="dom" />
/// <reference lib="esnext.disposable" />
/**
 * The download queue of the Windows queue manager (`qmgr.h`) for web pages.
 *
 * - A documented failing HRESULT is a thrown (or rejecting) {@link QmgrError}; S_FALSE is a value, never an error.
 * - Members that only read a handle's state are synchronous. Members that cross to the engine return a promise that
 *   resolves when the change is durable (it would survive a crash of the browser) and is visible to the same
 *   handle's getters.
 * - Nothing here has to be freed by hand.
 * - What the header never had is marked "Extension".
 *
 * @example
 * import { QueueManager } from "qmgr";
 *
 * const queue = await QueueManager.open();
 * const group = await queue.createGroup();
 * const job = await group.createJob();
 * await job.addFiles([{ remoteFile: "https://example.com/model.bin", localFile: "/models/model.bin" }]);
 * await group.resumeGroup();
 *
 * group.addEventListener("progress", () => console.log(group.getProgress(1), "%"));
 * await group.finished();
 * const [status, jobIndex] = group.getStatus(); // 0x140, 0
 * const file = await queue.openFile("/models/model.bin");
 *
 * @module
 */

/** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`; braces and any case are accepted, lower case without braces is returned. */
export type Guid = string;

// Every constant of the header under its own name and with its own value.
export * from "./constants.js";

/** The names of the bits set in a status word, in header order, e.g. `["QM_STATUS_GROUP_INCOMPLETE", "QM_STATUS_GROUP_SUSPENDED"]`. */
export function describeStatus(word: number): string[];
/** The header name of an HRESULT, or `0x`-prefixed hex when it has none. Both throw E_INVALIDARG for what is no 32-bit integer. */
export function describeHresult(hresult: number): string;

/**
 * What every documented failure is thrown as, or rejects with.
 *
 * @example
 * try {
 *   await queue.getGroup(id);
 * } catch (error) {
 *   if (error.hresult === QM_E_ITEM_NOT_FOUND) await queue.createGroup(id);
 *   else throw error;
 * }
 */
export class QmgrError extends Error {
  constructor(hresult: number, message?: string, options?: ErrorOptions);
  readonly name: "QmgrError";
  /** Unsigned 32-bit, e.g. `0x81001004`. */
  readonly hresult: number;
  /** Its header name, e.g. `"QM_E_ITEM_NOT_FOUND"`, or `0x`-prefixed hex when it has none. */
  readonly code: string;
}

/** IBackgroundCopyGroup::GetStatus, a pair with names: `const [status, jobIndex] = group.getStatus()`, or `.status`, `.jobIndex`. */
export type GroupStatus = readonly [status: number, jobIndex: number] & { readonly status: number; readonly jobIndex: number };

/** IBackgroundCopyJob1::GetStatus. */
export interface JobStatus {
  readonly status: number;
  readonly win32Result: number;
  readonly transportResult: number;
  readonly numOfRetries: number;
}

/** FILESETINFO. `localFile` is a full path: `/models/a.bin`, `C:\models\a.bin` or `\\server\share\a.bin`. */
export interface FileSetInfo {
  /** An http or https URL of at most 2,200 characters, which are all legal in a URL: nothing is escaped for the caller. */
  remoteFile: string;
  /** At most 260 UTF-16 units; missing directories are created. */
  localFile: string;
  /** Ignored, as documented. */
  sizeHint?: number;
  /** Extension: the exact size in bytes, when the caller knows it. Another size is an error, and nothing is published. */
  size?: number;
  /** Extension: `sha256-<base64>`, as in Subresource Integrity. A mismatch is an error, and nothing is published. */
  integrity?: string;
}

/**
 * IBackgroundCopyCallback1.
 *
 * @example
 * group.setNotificationPointer(IID_IBackgroundCopyCallback1, {
 *   onStatus(group, job, fileIndex, status) {
 *     console.log(group.groupId, describeStatus(status));
 *     return S_OK;
 *   },
 *   onProgress: () => S_OK,
 *   onProgressEx: () => S_OK,
 * });
 */
export interface BackgroundCopyCallback {
  /**
   * The group came to be in error or, where QM_NOTIFY_GROUP_DONE asks for it, complete. Anything but S_OK or a promise of
   * it (a throw, a rejection, no answer within 60 s) means that the event is delivered again: after 1 s, then twice as
   * long each time, up to 60 s. `status` is the group's word at the event. `fileIndex` is 4294967295 for no file; the last
   * three are 0 on completion. Called in a task of its own; it may call whatever it likes.
   */
  onStatus(group: Group, job: Job, fileIndex: number, status: number, numOfRetries: number,
           win32Result: number, transportResult: number): number | Promise<number>;
  /** Never called, as documented. */
  onProgress(progressType: number, group: Group, job: Job, fileIndex: number, progressValue: number): number;
  /** Never called, as documented. */
  onProgressEx(progressType: number, group: Group, job: Job, fileIndex: number, progressValue: number, bytes: Uint8Array): number;
}

/**
 * `storage` is fixed when the queue is created (another explicit value later: E_INVALIDARG). `retry`, `checkpoint`, `resume`,
 * `connections`, `timeSlice`, `limits` and `inactivityTimeout` are the queue's, stored with it: the last `open` that names one
 * wins, for all tabs. `credentials` is stored with each group at its creation. `owner` travels with each command of this handle.
 */
export interface OpenOptions {
  /** Each name is a queue of its own in this origin, with its own files. Default `"default"`. */
  name?: string;
  /** Default `"auto"`: `"opfs"` where a worker can have it, else `"indexeddb"`; `"memory"` only where there is no IndexedDB at all (Node.js). */
  storage?: "auto" | "opfs" | "indexeddb" | "memory";
  /** Milliseconds. Defaults: 5000, 600000, 1209600000 (14 days; 0 makes every error fatal), 30000. */
  retry?: { minimumDelay?: number; maximumDelay?: number; noProgressTimeout?: number; stallTimeout?: number };
  /** Bytes and milliseconds at most between two durable checkpoints of a running file. Defaults 64 MiB and 1000. */
  checkpoint?: { bytes?: number; interval?: number };
  /**
   * `"proven"` (default): bytes are appended only on proof that the server's file is the same one. `"likely"`: also on equal
   * length, equal Last-Modified and an equal overlap of 64 KiB, for servers whose CORS headers hide the proof. A change
   * of the file that shows in none of the three goes unseen: use it where that cannot be, or with `integrity`.
   */
  resume?: "proven" | "likely";
  /**
   * Connections for one file, for one origin and for the queue. Defaults `"auto"` (1 to 4), 4 and 6. A file has more than
   * one only where its server answers ranges with a strong validator and at least 16 MiB are missing. `"auto"` adds one
   * while each makes the file clearly faster; a number is tried at once, within the other two limits.
   */
  connections?: { perFile?: number | "auto"; perOrigin?: number; total?: number };
  /** Milliseconds of a background turn while others wait. Default 30000. */
  timeSlice?: number;
  /** Quotas: groups in the queue, files in a job. None by default (ruling A32). */
  limits?: { groups?: number; filesPerJob?: number };
  /** Milliseconds without progress or change after which a group is cancelled. Default 7776000000 (90 days); `Infinity` for never. */
  inactivityTimeout?: number;
  /** The caller's identity in the emulated ownership rules. Default `{ user: "default", administrator: false }`. */
  owner?: { user: string; administrator?: boolean };
  /** Passed to every fetch. Default `"same-origin"`. */
  credentials?: RequestCredentials;
  /**
   * Extension: asked before each request of the queue, in whichever tab the engine runs, for a signed URL or for header
   * fields; see {@link FreshRequest}. Of several handles in a tab the latest is asked; of several tabs the active one, then
   * the latest. `undefined` or `null` means the request as stored, which is also sent when no tab has answered within 30 s.
   * A throw, a rejection or an answer that is no request means that nothing is sent now: the group waits, its
   * `wait.lastError` says why, and it asks again. Nothing of an answer is ever saved.
   *
   * @example
   * const queue = await QueueManager.open({
   *   async onRequest({ remoteFile }) {
   *     const response = await fetch(`/sign?url=${encodeURIComponent(remoteFile)}`);
   *     return { url: await response.text() };
   *   },
   * });
   */
  onRequest?: (request: FileRequest) => FreshAnswer | Promise<FreshAnswer>;
  /** `memory` storage only: the transport to use instead of the global `fetch`. */
  fetch?: typeof fetch;
  /**
   * The module (`qmgr/qmgr.wasm`) or where it is, for `qmgr/slim`, and where a bundler does not find it. The first `open`
   * of a page that names one counts.
   */
  wasm?: URL | string | Response | BufferSource | WebAssembly.Module;
  /**
   * Where the worker's script (`qmgr/worker`) is, or a function that starts a worker of it, each time one is needed. For
   * `qmgr/slim`, where a bundler does not find it, and where a page requires Trusted Types.
   *
   * @example
   * const worker = () => new Worker(policy.createScriptURL("/assets/qmgr/worker.js"), { type: "module" });
   * const queue = await QueueManager.open({ worker });
   */
  worker?: URL | string | (() => Worker);
}

/** Extension: the request that `onRequest` is asked about. */
export interface FileRequest {
  readonly groupId: Guid;
  readonly jobId: Guid;
  /** The file's index in the job. */
  readonly fileIndex: number;
  /** As `addFiles` was given them. */
  readonly remoteFile: string;
  readonly localFile: string;
}

/**
 * Extension: what is sent in place of the stored request. Good for one request: each range of a file, each attempt and each
 * redirected start asks anew.
 */
export interface FreshRequest {
  /**
   * An absolute http or https URL of at most 65,536 bytes; by default the stored one. Whether bytes are appended is proven
   * by the validators of what answers, as ever. A query that changes does not matter to that; a path that changes makes
   * another resource, which only `integrity` lets continue.
   */
  url?: string | URL;
  /**
   * Sent beside the engine's own. `Range`, the conditions (`If-…`) and what the Fetch standard reserves for browsers are
   * refused. To another origin most fields need its leave (CORS).
   */
  headers?: HeadersInit;
}

/** Extension: what `onRequest` returns, or a promise of it. */
export type FreshAnswer = FreshRequest | null | undefined | void;

/** Every call that travels to the engine takes one. Aborting stops the waiting, not a change already made. */
export interface CallOptions { signal?: AbortSignal; }

export interface QueueManagerEventMap {
  /** Any group of the queue changed, in any tab. */
  change: CustomEvent<{ groupId: Guid }>;
  /** This tab began or ceased to transfer. */
  role: CustomEvent<{ role: "active" | "standby" }>;
}

/** IBackgroundCopyQMgr. */
export class QueueManager extends EventTarget {
  private constructor();
  /**
   * Opens a queue, and creates it when there is none of that name. Opening one name twice in a page shares one worker.
   * Rejects with E_INVALIDARG for an option that is not what it should be, and with QM_E_SERVICE_UNAVAILABLE and the
   * cause when something the queue needs is missing, or no engine answers within 10 s; without any `fetch`, with
   * QM_E_DOWNLOADER_UNAVAILABLE.
   *
   * @example
   * const queue = await QueueManager.open({ name: "maps", retry: { minimumDelay: 1000 } });
   */
  static open(options?: OpenOptions): Promise<QueueManager>;
  addEventListener<K extends keyof QueueManagerEventMap>(type: K, listener: (this: QueueManager, event: QueueManagerEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  readonly name: string;
  readonly storage: "opfs" | "indexeddb" | "memory";
  /** Extension: whether this tab's worker is the one that transfers. */
  readonly role: "active" | "standby";

  /**
   * Adds a suspended group under the caller's id, or a random one.
   * Rejects with E_INVALIDARG when the id is taken, BG_E_TOO_MANY_JOBS_PER_USER beyond `limits.groups`.
   */
  createGroup(groupId?: Guid, options?: CallOptions): Promise<Group>;
  /**
   * Rejects with QM_E_ITEM_NOT_FOUND when there is no such group, E_ACCESSDENIED when it is another owner's. An
   * administrator who gets a group becomes its owner.
   */
  getGroup(groupId: Guid, options?: CallOptions): Promise<Group>;
  /**
   * The ids of the caller's groups, or of everybody's for an administrator, in creation order.
   * Rejects with E_NOTIMPL for flags other than 0.
   *
   * @example
   * for (const id of await queue.enumGroups()) console.log((await queue.getGroup(id)).getStatus().status);
   */
  enumGroups(flags?: number, options?: CallOptions): Promise<GuidEnumerator>;
  /**
   * Extension: what CoRegisterClassObject would be, for this tab; GROUPPROP_NOTIFYCLSID names the class. The factory is
   * called when a group is given the class, and once for an event of a group that has the class and no notification
   * pointer in any tab. Throws E_INVALIDARG for a malformed id or a factory that is no function.
   */
  registerClass(clsid: Guid, factory: () => BackgroundCopyCallback): void;

  /**
   * Extension: the published files of this queue, whichever group fetched them. The File is good until its path is published
   * again or deleted. Rejects with 0x80070002 (Win32 2) when there is none of that path, E_INVALIDARG when it is no path.
   */
  openFile(localFile: string, options?: CallOptions): Promise<File>;
  /** Extension: deletes a published file. Rejects as `openFile` does. */
  deleteFile(localFile: string, options?: CallOptions): Promise<void>;
  /** Extension: the published files in the order of their paths, all or those below a directory. */
  listFiles(directory?: string, options?: CallOptions): Promise<StoredFile[]>;
  /** Extension: bytes used and available, by the browser's own account; of `memory` storage, the bytes of the published files and the largest safe integer. */
  estimate(): Promise<{ usage: number; quota: number; persisted: boolean }>;
  /** Extension: asks the browser not to evict the origin's storage; resolves to whether it agreed. `memory` storage never does. */
  persist(): Promise<boolean>;
  /**
   * Checkpoints and stops this tab's part; running groups go on in another tab, or when the queue is opened again.
   * Pending calls reject with QM_E_SERVICE_UNAVAILABLE, and so does every later call and getter; `name`, `groupId` and
   * `jobId`, and enumerators, which are snapshots, still answer.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What is known of a published file; kept after its group is gone. */
export interface StoredFile {
  readonly localFile: string;
  readonly remoteFile: string;
  readonly size: number;
  /** The server's, in ms since the epoch, or the time of publishing where it gave none. */
  readonly lastModified: number;
  readonly etag: string | null;
  readonly type: string;
  readonly integrity: string | null;
}

/** IEnumBackgroundCopyGroups and IEnumBackgroundCopyJobs1: a snapshot of GUIDs. Also iterable. */
export class GuidEnumerator implements Iterable<Guid> {
  private constructor();
  /** Up to `celt` of what is left; `hresult` is S_FALSE when that is fewer. */
  next(celt: number): { hresult: 0 | 1; items: Guid[]; fetched: number };
  /** S_FALSE when fewer than `celt` were left; the position is then after the last. */
  skip(celt: number): 0 | 1;
  /** Back to the start. */
  reset(): void;
  /** An enumerator of its own at the same position. */
  clone(): GuidEnumerator;
  /** The elements of the whole snapshot, wherever the position is. */
  getCount(): number;
  /** What is left from the position on, which stays where it is. */
  [Symbol.iterator](): Iterator<Guid>;
}

export type GroupEvent = CustomEvent<{ readonly status: number; readonly jobIndex: number }>;
export interface GroupEventMap {
  /** The status word changed; it is 0 when the group has left the queue. */
  statuschange: GroupEvent;
  /** At most 10 a second. */
  progress: GroupEvent;
  /** The group came to be complete: every file stands under its name. */
  complete: GroupEvent;
  /** The group came to be in error; `getDetails().error` says why. */
  error: GroupEvent;
}

/**
 * IBackgroundCopyGroup. A live handle: its getters follow the engine, in whichever tab that runs.
 * It is kept alive while it has a listener, a notification pointer or a pending `finished()`.
 */
export class Group extends EventTarget {
  private constructor();
  addEventListener<K extends keyof GroupEventMap>(type: K, listener: (this: Group, event: GroupEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  readonly groupId: Guid;
  /**
   * The status word and the job index, which is always 0. Throws QM_E_INVALID_STATE once the group is cancelled, as
   * every member but `groupId`, `getDetails()` and `finished()` does.
   *
   * @example
   * const { status } = group.getStatus();
   * const isRunning = (status & QM_STATUS_GROUP_INCOMPLETE) !== 0 && (status & QM_STATUS_GROUP_SUSPENDED) === 0;
   */
  getStatus(): GroupStatus;
  /**
   * QM_PROGRESS_PERCENT_DONE: 0 to 100, and 100 only when complete. QM_PROGRESS_SIZE_DONE: bytes, at most 4294967295.
   * Throws E_NOTIMPL for any other selector.
   */
  getProgress(flags: number): number;
  /** Bytes of all files, 0 until every size is known, at most 4294967295. */
  getSize(): number;
  /** A number stands for the six integer VARIANT types, a string for VT_BSTR; another type, or a number that is no 32-bit integer, is E_INVALIDARG. */
  getProp(property: number): number | string;
  /**
   * Rejects with E_NOTIMPL for a property or a value that is not supported, E_INVALIDARG for one of the wrong type, and
   * REGDB_E_CLASSNOTREG for a GROUPPROP_NOTIFYCLSID that no `registerClass` of this tab has named. Setting that one makes
   * an object of the class and sets it as this tab's notification pointer; the null CLSID clears the pointer.
   */
  setProp(property: number, value: number | string, options?: CallOptions): Promise<void>;
  /** Throws QM_E_ITEM_NOT_FOUND unless it is the id of the group's job. */
  getJob(jobId: Guid): Job;
  /** The id of the one job, if there is one. Throws E_NOTIMPL for flags other than 0. */
  enumJobs(flags?: number): GuidEnumerator;
  /**
   * Gives the group its one job, under the caller's id or a random one. Rejects with QM_E_INVALID_STATE while the group
   * runs, E_NOTIMPL when it has a job, E_INVALIDARG when the id is taken.
   */
  createJob(jobId?: Guid, options?: CallOptions): Promise<Job>;
  /** Stops the transfer; the bytes fetched so far are kept. */
  suspendGroup(options?: CallOptions): Promise<void>;
  /** Starts the group, again after an error too. Rejects with BG_E_EMPTY when it has no file. */
  resumeGroup(options?: CallOptions): Promise<void>;
  /** Takes the group off the queue for good. Files that are whole are kept, parts are deleted. */
  cancelGroup(options?: CallOptions): Promise<void>;
  /** From then on the group does not wait for others. */
  switchToForeground(options?: CallOptions): Promise<void>;
  /** Throws E_NOINTERFACE. */
  queryNewJobInterface(iid: Guid): never;
  /**
   * Sets this tab's callback of the group in place of an earlier one; `null` clears it. In order with the commands that
   * follow it; gone with the tab. The latest registration whose tab lives gets the call, also for an event that came
   * before it and that nobody has taken. Throws E_NOINTERFACE for any interface but IID_IBackgroundCopyCallback1, and
   * E_INVALIDARG for what is no object with an `onStatus`.
   */
  setNotificationPointer(iid: Guid, callback: BackgroundCopyCallback | null): void;

  /** Extension: 64-bit sizes, speed, and why the group is not moving. */
  getDetails(): GroupDetails;
  /**
   * Extension: resolves when the group is complete (at once if it is); rejects with a `QmgrError` that also carries the
   * `GroupError` fields when it is or comes to be in error, with 0x800704C7 when it is cancelled, with QM_E_SERVICE_UNAVAILABLE
   * on `close()`, with `signal.reason` when aborted.
   */
  finished(options?: CallOptions): Promise<void>;
}

export interface GroupDetails {
  readonly state: "new" | "suspended" | "queued" | "connecting" | "transferring" | "waiting" | "publishing" | "error" | "complete" | "cancelled";
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesPerSecond: number;
  readonly secondsRemaining: number | null;
  readonly retries: number;
  /** Why a queued or waiting group does not move, or any runnable one while no tab transfers. `nextAttemptAt`: ms since the epoch, null when it waits for a condition. */
  readonly wait: null | { reason: "turn" | "backoff" | "retry-after" | "offline" | "storage-busy" | "no-active-tab"; nextAttemptAt: number | null; lastError: GroupError | null };
  readonly error: null | GroupError;
}

export interface GroupError {
  readonly hresult: number;
  readonly code: string;
  readonly message: string;
  /** −1 when no file is concerned (`onStatus` says 4294967295). */
  readonly fileIndex: number;
  readonly httpStatus: number;
}

/** IBackgroundCopyJob1. */
export class Job {
  private constructor();
  readonly jobId: Guid;
  readonly group: Group;
  /** Throws E_NOTIMPL: a group is cancelled as a whole. */
  cancelJob(): never;
  /** The same as the group's. */
  getProgress(flags: number): number;
  /** `win32Result` and `transportResult` are 0 unless QM_STATUS_JOB_ERROR is set. */
  getStatus(): JobStatus;
  /**
   * Appends all of the files, or none: rejects with E_INVALIDARG when a URL or a path is invalid, E_ACCESSDENIED when a
   * path cannot be written, BG_E_TOO_MANY_FILES_IN_JOB beyond `limits.filesPerJob`.
   *
   * @example
   * await job.addFiles([
   *   { remoteFile: "https://example.com/a.bin", localFile: "/a.bin" },
   *   { remoteFile: "https://example.com/b.bin", localFile: "C:\\maps\\b.bin", size: 1048576 },
   * ]);
   */
  addFiles(files: readonly FileSetInfo[], options?: CallOptions): Promise<void>;
  /** What was asked for under a zero-based index. Throws QM_E_ITEM_NOT_FOUND beyond the last. */
  getFile(index: number): FileSetInfo;
  getFileCount(): number;
  /** Throws E_NOTIMPL: a group switches as a whole. */
  switchToForeground(): never;

  /** Extension: one file's state, its durable byte ranges (for a piece map) and what proves its version. */
  getFileDetails(index: number): FileDetails;
}

export interface FileDetails {
  readonly remoteFile: string;
  readonly localFile: string;
  /** QM_STATUS_FILE_COMPLETE or QM_STATUS_FILE_INCOMPLETE. */
  readonly status: number;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  /** Sorted, disjoint, half-open. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** What a resume of this file would rest on; null: it would start again from zero. */
  readonly proof: "etag" | "date" | "hash" | "likely" | null;
  readonly published: boolean;
}
