/** The table of a group's states, as the queue itself prints it into `states.json`, and ways through it. */

/**
 * @typedef {{ name: string, group: number, job: number }} State
 * @typedef {{ from: string, to: string, causes: string[] }} Arrow
 * @typedef {{ states: State[], arrows: Arrow[] }} StateTable
 */

/** @returns {Promise<StateTable>} */
export async function loadStateTable() {
  return (await fetch(new URL("../states.json", import.meta.url))).json();
}

/** The state of the table that `getDetails().state` tells of: three of its words are ways of running. */
export function stateOf(word) {
  if (["queued", "connecting", "transferring"].includes(word)) return "Running";
  return word[0].toUpperCase() + word.slice(1);
}

/**
 * The arrows by which a group came from one state to another. States may follow each other faster than a page can look;
 * then it is the shortest way, by `CancelGroup` only if that is where it ends.
 *
 * @param {Arrow[]} arrows
 * @returns {Arrow[]}
 */
export function wayBetween(arrows, from, to) {
  const ways = [[from, []]];
  const seen = new Set([from]);
  for (const [at, way] of ways) {
    if (at === to) return way;
    for (const arrow of arrows.filter((one) => one.from === at && !seen.has(one.to))) {
      seen.add(arrow.to);
      ways.push([arrow.to, [...way, arrow]]);
    }
  }
  return [];
}
