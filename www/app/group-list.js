/** The groups of the queue, in the order of their creation. */
import { record } from "./event-log.js";
import { setText } from "./element.js";
import { failureText } from "./hresult.js";
import { GroupCard } from "./group-card.js";

const list = document.querySelector("#groups");
const empty = document.querySelector("#no-groups");
const count = document.querySelector("#group-count");
const SECOND = 1000;

/** `"settled"` is dispatched when a group was completed or cancelled: files may have come, space may have changed. */
export class GroupList extends EventTarget {
  #queue;
  #cards = new Map();

  constructor(queue) {
    super();
    this.#queue = queue;
    // Any tab may create, change or cancel groups: the queue tells which, this page looks.
    queue.addEventListener("change", (event) => this.#look(event.detail.groupId));
    // The time until the next attempt runs without anything happening in the queue.
    setInterval(() => {
      for (const card of this.#cards.values()) {
        if (card.element.dataset.wait) card.refresh();
      }
    }, SECOND);
  }

  /** Finds the groups that were there before this page was. */
  async restore() {
    for (const groupId of await this.#queue.enumGroups(0)) await this.#look(groupId);
    this.#tally();
  }

  /** Shows a group, once. */
  add(group) {
    const known = this.#cards.get(group.groupId);
    if (known) {
      known.refresh();
      return known;
    }
    const card = new GroupCard(group);
    this.#cards.set(card.groupId, card);
    list.append(card.element);
    card.addEventListener("removed", () => this.#drop(card));
    card.addEventListener("settled", () => this.dispatchEvent(new Event("settled")));
    this.#tally();
    return card;
  }

  async #look(groupId) {
    const known = this.#cards.get(groupId);
    known?.refresh();
    if (this.#cards.has(groupId)) return;
    try {
      this.add(await this.#queue.getGroup(groupId));
    } catch (error) {
      if (error.code !== "QM_E_ITEM_NOT_FOUND") record("failure", groupId.slice(0, 8), `getGroup() → ${failureText(error)}`);
    }
  }

  #drop(card) {
    const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
    const focused = card.element.contains(document.activeElement) || document.activeElement === document.body;
    this.#cards.delete(card.groupId);
    card.element.remove();
    // Who works by keyboard goes on at the next group, not at the top of the page.
    if (focused) (next?.querySelector("button") ?? list).focus();
    this.#tally();
  }

  #tally() {
    setText(count, String(this.#cards.size));
    empty.hidden = this.#cards.size > 0;
  }
}
