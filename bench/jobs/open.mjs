import { inRounds } from "../rounds.mjs";

export const title = "Opening a queue";

const GROUPS = 10_000;

/** One group of so many has a job of `FILES` files, the others have one file. */
const SHARE = 50;
const FILES = 100;

export async function run({ stage, rounds }) {
  await stage.visit((page) => page.evaluate(fill, [GROUPS, SHARE, FILES]), { bare: true });
  const rows = await inRounds({ rounds }, [
    {
      name: "from import to an open empty queue, warm cache",
      ours: true,
      most: 100,
      measure: () => opened(stage, "empty", 0),
    },
    {
      name: `from import to the list of ${GROUPS.toLocaleString("en")} groups, ${GROUPS / SHARE} of them of ${FILES} files`,
      ours: true,
      most: 1000,
      measure: () => opened(stage, "full", GROUPS),
    },
  ]);
  return { unit: "ms", rows };
}

/** Nobody but the package loads anything in this page. */
function opened(stage, name, groups) {
  return stage.visit((page) => page.evaluate(async ([name, groups]) => {
    const start = performance.now();
    const { QueueManager } = await import("/pkg/index.js");
    const queue = await QueueManager.open({ name });
    const count = groups > 0 ? (await queue.enumGroups()).getCount() : 0;
    const ms = performance.now() - start;
    if (count !== groups) throw new Error(`found ${count} groups`);
    await queue.close();
    return ms;
  }, [name, groups]), { bare: true });
}

/** Runs in the page. */
async function fill([groups, share, files]) {
  const { QueueManager } = await import("/pkg/index.js");
  const queue = await QueueManager.open({ name: "full" });
  const make = async (index) => {
    const group = await queue.createGroup();
    const job = await group.createJob();
    const file = (name) => ({ remoteFile: `${location.origin}/files/none-${name}.bin`, localFile: `/none/${name}.bin` });
    await job.addFiles(Array.from({ length: index % share === 0 ? files : 1 }, (_, place) => file(`${index}-${place}`)));
  };
  const some = 100;
  for (let first = 0; first < groups; first += some) await Promise.all(Array.from({ length: some }, (_, index) => make(first + index)));
  await queue.close();
}
