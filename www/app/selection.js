/** The group that is opened up. Dispatches `"change"` when it is another one. */
export class Selection extends EventTarget {
  #groupId = null;

  /** Its id, or null. */
  get groupId() {
    return this.#groupId;
  }

  /** @param {string | null} groupId */
  select(groupId) {
    if (groupId === this.#groupId) return;
    this.#groupId = groupId;
    this.dispatchEvent(new Event("change"));
  }
}
