import { inRounds } from "../rounds.mjs";

export const title = "Resume, progress and pause as steps of a state machine in a page";

const CYCLES = { xstate: 5000, robot: 20_000, commands: 500 };

export async function run({ stage, rounds }) {
  const measured = (name) => () => stage.visit((page) => page.evaluate(async ([name, cycles]) => {
    const sequence = await import("/bench/sequence.js");
    return sequence[name](cycles);
  }, [name, CYCLES[name]]), { bare: true });
  const rows = await inRounds({ rounds }, [
    { name: "XState 5", measure: measured("xstate") },
    { name: "robot3", measure: measured("robot") },
    { name: "qmgr, each command answered and committed in memory", ours: true, measure: measured("commands") },
  ]);
  return { unit: "steps/s", rows };
}
