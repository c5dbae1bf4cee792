/** Contestants take turns, round by round, so that whatever else the machine does meets all of them. */

/**
 * @typedef {object} Bounds
 * @property {number} [least]
 * @property {number} [most]
 */

/**
 * What the command prints of a contestant.
 *
 * @typedef {object} RowOptions
 * @property {string} name
 * @property {number} [least]  what the median has to reach
 * @property {number} [most]  what the median may not pass
 * @property {Bounds} [ratio]  shown, and held against its bounds
 * @property {string} [cannot]  why it does not take part
 */

/** @typedef {RowOptions & { values: number[] }} Row */

/** @typedef {RowOptions & { ours?: boolean, measure: (isFirst: boolean) => Promise<number> }} Contestant */

/**
 * Measures each contestant once a round, beginning each round with another. A contestant that fails drops out, and its
 * row says why; one that is `ours` may not.
 *
 * @param {object} options
 * @param {number} options.rounds  that count
 * @param {boolean} [options.warmUp]  whether one goes before that does not
 * @param {Contestant[]} contestants
 * @returns {Promise<Row[]>}
 */
export async function inRounds({ rounds, warmUp = true }, contestants) {
  const rows = contestants.map(({ measure: _, ours: __, ...row }) => ({ ...row, values: [] }));
  const first = warmUp ? 0 : 1;
  for (let round = first; round <= rounds; round += 1) {
    for (let turn = 0; turn < rows.length; turn += 1) {
      const at = (turn + round) % rows.length;
      const [row, { measure, ours }] = [rows[at], contestants[at]];
      if (row.cannot) continue;
      try {
        const value = await measure(round === first);
        console.error(`  ${round === 0 ? "warm-up" : `round ${round}`}  ${row.name}: ${value.toPrecision(4)}`);
        if (round > 0) row.values.push(value);
      } catch (error) {
        if (ours) throw error;
        row.cannot = reason(error);
        row.values = [];
        console.error(`  ${row.name} drops out: ${row.cannot}`);
      }
    }
  }
  return rows;
}

/** The first line of an error that crossed from the page, without the frames that the crossing adds. */
function reason(error) {
  return error.message.split("\n")[0].replace(/^page\.evaluate: /, "");
}
