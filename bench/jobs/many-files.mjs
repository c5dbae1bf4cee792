import { call, inspectAll, time } from "../downloads.mjs";
import { inRounds } from "../rounds.mjs";

export const title = "1,000 files of 4 KiB in one group";

const [COUNT, SIZE] = [1000, 4096];

export async function run({ stage, files, rounds }) {
  const samples = await files.many(COUNT, SIZE);
  const urls = samples.map((sample) => stage.address(sample));
  const names = samples.map((_, index) => `file-${index}`);
  const measured = (contestant, options) => (hash) => stage.visit(async (page) => {
    await call(page, contestant, "prepare");
    const { ms } = await time(page, contestant, "downloadMany", urls, "file-", options);
    await inspectAll(page, contestant, names, samples, hash);
    await call(page, contestant, "remove", ...names);
    return COUNT / ms * 1e3;
  });
  const rows = await inRounds({ rounds }, [
    { name: "qmgr", ours: true, measure: measured("qmgr") },
    {
      name: "hand-written sequential loop, each file flushed",
      measure: measured("loop", { flush: true }),
      ratio: { least: 0.8 },
    },
    { name: "the same without flushing", measure: measured("loop", { flush: false }), ratio: {} },
  ]);
  return { unit: "files/s", ratio: "firstToThis", rows };
}
