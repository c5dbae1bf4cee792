import { download, speed, time } from "../downloads.mjs";
import { inRounds } from "../rounds.mjs";

export const title = "The same with integrity: sha256-…";

const [HASHED, PLAIN, ONLY, LOOP, SLOWER] = [
  "qmgr, with integrity",
  "qmgr, without",
  "a loop that only hashes (hash-wasm)",
  "hand-written worker loop that hashes (hash-wasm)",
  "the slower of the two",
];

export async function run({ stage, files, rounds, size }) {
  const file = await files.random(size);
  const { integrity } = file;
  const rows = await inRounds({ rounds }, [
    {
      name: HASHED,
      ours: true,
      measure: async (hash) => speed(size, await download(stage, { contestant: "qmgr", file, hash, options: { integrity } })),
    },
    { name: PLAIN, ours: true, measure: async (hash) => speed(size, await download(stage, { contestant: "qmgr", file, hash })) },
    { name: ONLY, measure: () => stage.visit(async (page) => speed(size, (await time(page, "hashingLoop", "hashOnly", size)).ms)) },
    {
      name: LOOP,
      measure: async (hash) => speed(size, await download(stage, { contestant: "hashingLoop", file, hash, options: { integrity } })),
      ratio: {},
    },
  ]);
  const [, plain, only] = rows;
  const values = plain.values.map((value, round) => Math.min(value, only.values[round]));
  rows.splice(3, 0, { name: SLOWER, values, ratio: { least: 0.9 } });
  return { unit: "MB/s", ratio: "firstToThis", rows };
}
