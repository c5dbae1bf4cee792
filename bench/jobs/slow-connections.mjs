import { download, speed } from "../downloads.mjs";
import { inRounds } from "../rounds.mjs";

export const title = "256 MiB from a server that gives each connection 5 MB/s";

const [SIZE, RATE] = [256 << 20, 5_000_000];

export async function run({ stage, files, rounds }) {
  const file = await files.random(SIZE);
  const measured = (contestant, { open, options } = {}) => async (hash) =>
    speed(SIZE, await download(stage, { contestant, file, hash, query: `?rate=${RATE}`, open, options }));
  const ours = (perFile) => measured("qmgr", { open: { connections: { perFile } } });
  // A limited server is the same in every round: none has to go before the others.
  const rows = await inRounds({ rounds, warmUp: false }, [
    { name: "qmgr, perFile: 1", ours: true, measure: ours(1) },
    { name: "qmgr, perFile: 4", ours: true, measure: ours(4), ratio: { least: 3.8 } },
    { name: 'qmgr, perFile: "auto"', ours: true, measure: ours("auto"), ratio: { least: 3 } },
    { name: "ipull, 4 parallel streams", measure: measured("ipull", { options: { parallelStreams: 4, autoIncreaseParallelStreams: false } }), ratio: {} },
  ]);
  return { unit: "MB/s", ratio: "thisToFirst", rows };
}
