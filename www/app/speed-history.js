/** How fast each group was, lately: the page remembers what the queue told of it. */

/** At most so many points of a group, and one in so many ms. */
const KEPT = 300;
const APART = 250;

export class SpeedHistory {
  #of = new Map();

  /** @param {import("./groups.js").Groups} groups */
  constructor(groups) {
    groups.addEventListener("changed", ({ detail: { reading } }) => this.#note(reading));
    groups.addEventListener("removed", ({ detail: { groupId } }) => this.#of.delete(groupId));
  }

  /** `{ times, speeds }`: seconds since the epoch and bytes a second. */
  of(groupId) {
    return this.#of.get(groupId) ?? { times: [], speeds: [] };
  }

  #note({ groupId, details }) {
    const moving = details.state === "transferring";
    const points = this.#of.get(groupId) ?? { times: [], speeds: [] };
    const { times, speeds } = points;
    const now = Date.now() / 1000;
    const speed = moving ? details.bytesPerSecond : 0;
    // Standing still is one point where it begins and one where it ends.
    if (!moving && (speeds.length === 0 || speeds.at(-1) === 0)) return;
    if (moving && now - times.at(-1) < APART / 1000) return;
    if (moving && speeds.at(-1) === 0) push(points, now, 0);
    push(points, now, speed);
    this.#of.set(groupId, points);
  }
}

function push({ times, speeds }, time, speed) {
  times.push(time);
  speeds.push(speed);
  if (times.length > KEPT) {
    times.shift();
    speeds.shift();
  }
}
