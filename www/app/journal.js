/**
 * What happened, in order: each call of this page and how it ended, and each thing that the queue told.
 *
 * @typedef {object} Entry
 * @property {number} number  counts from 0
 * @property {number} time  ms since the epoch
 * @property {"call" | "failure" | "event" | "request"} kind  a call that succeeded, anything that failed, something told by
 *   the queue, an answer of the laboratory's server
 * @property {string | null} groupId  the group it is about
 * @property {string} who  that group's name, or who else it is about
 * @property {string} text  one line, e.g. `resumeGroup() → S_OK`
 * @property {object} detail  the same as data, where there is more than the line says
 */
import { failureText } from "./hresult.js";

/** So many entries are kept, the newest. */
const KEPT = 5000;

/** Dispatches `"entry"`, a `CustomEvent<Entry>`, at once and never in a batch. */
export class Journal extends EventTarget {
  #entries = [];
  #number = 0;

  /** The entries that are kept, oldest first. */
  get entries() {
    return this.#entries;
  }

  /** @param {{ kind: Entry["kind"], who: string, text: string, groupId?: string | null, detail?: object }} entry */
  add({ kind, who, text, groupId = null, detail = {} }) {
    const entry = { number: this.#number, time: Date.now(), kind, groupId, who, text, detail };
    this.#number += 1;
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    this.dispatchEvent(new CustomEvent("entry", { detail: entry }));
  }

  /**
   * Makes one call of the API and notes how it ended. Returns `{ value }` or `{ error }`: on this page a failed call is
   * something to look at, not the end of anything.
   *
   * @template T
   * @param {{ who: string, groupId?: string | null, text: string }} about
   * @param {() => T | Promise<T>} call
   * @returns {Promise<{ value?: T, error?: Error }>}
   */
  async attempt({ who, groupId = null, text }, call) {
    try {
      const value = await call();
      this.add({ kind: "call", who, groupId, text: `${text} → S_OK` });
      return { value };
    } catch (error) {
      this.add({ kind: "failure", who, groupId, text: `${text} → ${failureText(error)}`, detail: { hresult: error.hresult, message: error.message } });
      return { error };
    }
  }
}
