/**
 * The record as data: what happened, step by step, and after each step the queue as it was then. Knows no page and no
 * clock. It is bounded: the oldest steps go, and what they had made of the queue stays as the base of the others.
 *
 * @typedef {object} Row  what is kept of a group
 * @property {string} groupId
 * @property {string} name
 * @property {number} status
 * @property {string} state
 * @property {number} bytesDone
 * @property {number | null} bytesTotal
 * @property {object | null} wait
 * @property {object | null} error
 * @property {{ localFile: string, bytesDone: number, bytesTotal: number | null, ranges: [number, number][] }[]} files  the first few
 *
 * @typedef {object} Step
 * @property {number} number  counts from 0
 * @property {number} time  ms since the epoch
 * @property {"call" | "failure" | "event" | "request" | "state" | "progress"} kind
 * @property {string | null} groupId
 * @property {string} who
 * @property {string} text
 * @property {object} detail
 * @property {Row | null} [row]  what the step made of the group: null when it left the queue, absent where nothing changed
 */

/** So many steps are kept, the newest. */
const KEPT = 3000;
/** Milliseconds between two steps that tell of nothing but more bytes: of one group, and of all. */
const OF_ONE = 500;
const OF_ALL = 100;

export const KINDS = Object.freeze({
  call: "Calls", failure: "Failures", event: "Events", state: "States", request: "Requests", progress: "Progress",
});

export class RecordModel {
  #steps = [];
  #next = 0;
  #base = new Map();
  #rows = new Map();
  #sampled = new Map();
  #lastSample = -Infinity;
  #kept;

  constructor({ kept = KEPT } = {}) {
    this.#kept = kept;
  }

  /** The steps that are kept, oldest first. */
  get steps() {
    return this.#steps;
  }

  /** Adds a step that somebody tells of; `row` is what is known of its group by then, null once it is gone. Returns it. */
  note({ time, kind, groupId = null, who, text, detail = {} }, row) {
    return this.#append({ time, kind, groupId, who, text, detail, ...(row === undefined ? {} : { row }) });
  }

  /** Adds what was read of a group, if it is worth a step. Returns the step, or null. */
  saw(row, time) {
    const { groupId, name } = row;
    const before = this.#rows.get(groupId);
    const news = before ? changes(before, row) : `${row.state} for the first time seen`;
    if (news === null) {
      if (before.bytesDone === row.bytesDone && rangesOf(before) === rangesOf(row)) return null;
      if (time - this.#lastSample < OF_ALL || time - (this.#sampled.get(groupId) ?? -Infinity) < OF_ONE) return null;
      this.#lastSample = time;
      this.#sampled.set(groupId, time);
    }
    const kind = news === null ? "progress" : "state";
    return this.#append({ time, kind, groupId, who: name, text: news ?? progressText(row), detail: {}, row });
  }

  /** Adds that a group has left the queue. */
  left(groupId, time) {
    const before = this.#rows.get(groupId);
    this.#sampled.delete(groupId);
    return this.#append({ time, kind: "state", groupId, who: before?.name ?? groupId, text: `${before?.state ?? "unknown"} → gone`, detail: {}, row: null });
  }

  /**
   * The steps that a filter lets through, newest first, at most `most`.
   *
   * @param {{ kinds: Set<string>, words?: string, groupId?: string | null }} filter  `words`: each of them is in the line
   */
  filtered(filter, most = Infinity) {
    const found = [];
    for (let at = this.#steps.length - 1; at >= 0 && found.length < most; at -= 1) {
      if (passes(this.#steps[at], filter)) found.push(this.#steps[at]);
    }
    return found;
  }

  /** The rows of the queue as it is. */
  rows() {
    return [...this.#rows.values()];
  }

  /** The rows of the queue as it was after a step, in the order in which the groups came to be known. */
  rowsAt(number) {
    const rows = new Map(this.#base);
    for (const step of this.#steps) {
      if (step.number > number) break;
      apply(rows, step);
    }
    return [...rows.values()];
  }

  /** Forgets all steps; the queue stays known. */
  clear() {
    for (const step of this.#steps) apply(this.#base, step);
    this.#steps = [];
  }

  /** All of it, for a file. */
  toJSON() {
    return { format: "qmgr-record", version: 1, base: [...this.#base.values()], steps: this.#steps };
  }

  #append(step) {
    const whole = { number: this.#next, ...step };
    this.#next += 1;
    this.#steps.push(whole);
    apply(this.#rows, whole);
    if (this.#steps.length > this.#kept) apply(this.#base, this.#steps.shift());
    return whole;
  }
}

/** Whether a filter lets a step through. */
export function passes({ kind, who, text, groupId }, { kinds, words = "", groupId: only = null }) {
  if (!kinds.has(kind) || (only !== null && groupId !== only)) return false;
  const line = `${who} ${text}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => line.includes(word));
}

function apply(rows, { groupId, row }) {
  if (row === null) rows.delete(groupId);
  else if (row !== undefined) rows.set(groupId, row);
}

/** What is new but for bytes, in words; null for nothing. */
function changes(before, after) {
  const news = [];
  if (before.name !== after.name) news.push(`name ${after.name}`);
  if (before.state !== after.state) news.push(`${before.state} → ${after.state}`);
  if (reasonOf(before) !== reasonOf(after) && after.wait) news.push(`waits: ${after.wait.reason}`);
  if (before.status !== after.status && news.length === 0) news.push(`0x${before.status.toString(16)} → 0x${after.status.toString(16)}`);
  if (before.bytesTotal !== after.bytesTotal && after.bytesTotal !== null) news.push(`${after.bytesTotal} bytes in all`);
  if (before.bytesDone > after.bytesDone) news.push("begins anew");
  return news.length === 0 ? null : news.join(", ");
}

const reasonOf = ({ wait }) => (wait ? `${wait.reason} ${wait.nextAttemptAt}` : "");
const rangesOf = ({ files }) => JSON.stringify(files.map(({ ranges }) => ranges));
const progressText = ({ bytesDone, bytesTotal }) => `${bytesDone} of ${bytesTotal ?? "unknown"} bytes`;
