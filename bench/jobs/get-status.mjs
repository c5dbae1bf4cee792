import { inRounds } from "../rounds.mjs";

export const title = "getStatus() of a group, called from JavaScript";

const CALLS = 4_000_000;

export async function run({ stage, rounds }) {
  const rows = await inRounds({ rounds }, [{
    name: "qmgr",
    ours: true,
    least: 2_000_000,
    measure: () => stage.visit((page) => page.evaluate(async (calls) => {
      const { QueueManager } = await import("/pkg/index.js");
      const queue = await QueueManager.open({ name: "get-status" });
      const group = await queue.createGroup();
      const start = performance.now();
      let words = 0;
      for (let call = 0; call < calls; call += 1) words += group.getStatus().status;
      const ms = performance.now() - start;
      await group.cancelGroup();
      if (words !== calls * 0x180) throw new Error("the words are not those of a suspended group");
      return calls / ms * 1e3;
    }, CALLS), { bare: true }),
  }]);
  return { unit: "calls/s", rows };
}
