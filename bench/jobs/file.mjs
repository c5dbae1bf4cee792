import { NAMES, download, speed } from "../downloads.mjs";
import { inRounds } from "../rounds.mjs";

export const title = "One large file to durable storage";

/** Of the others' throughput, at least. */
const LEAST = { loop: 0.9, pipe: 2.5, cache: 1 };

export async function run({ stage, files, rounds, size }) {
  const file = await files.random(size);
  const rows = await inRounds({ rounds }, Object.entries(NAMES).map(([contestant, name]) => ({
    name,
    ours: contestant === "qmgr",
    measure: async (hash) => speed(size, await download(stage, { contestant, file, hash })),
    ...(contestant !== "qmgr" && { ratio: { least: LEAST[contestant] } }),
  })));
  return { unit: "MB/s", ratio: "firstToThis", rows };
}
