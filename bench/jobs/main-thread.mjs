import { call } from "../downloads.mjs";
import { inRounds } from "../rounds.mjs";
import { longestTask } from "../trace.mjs";

export const title = "The page's main thread while a large file arrives";

const [HEARTBEAT, SECONDS] = [4, 3];

export async function run({ stage, files, rounds, size }) {
  const file = await files.random(size);
  const [heartbeats, [task]] = [
    await inRounds({ rounds }, [
      { name: "99th percentile of a 4 ms heartbeat, idle page", measure: () => stage.visit((page) => page.evaluate(beat, [HEARTBEAT, SECONDS * 1e3])) },
      {
        name: "the same during a download",
        ours: true,
        measure: () => whileDownloading(stage, "qmgr", file, (page) => page.evaluate(beat, [HEARTBEAT])),
        ratio: { most: 1.5 },
      },
      {
        name: "the same while the hand-written worker loop downloads",
        measure: () => whileDownloading(stage, "loop", file, (page) => page.evaluate(beat, [HEARTBEAT])),
        ratio: {},
      },
    ]),
    // A trace slows what it watches, so it is taken by itself.
    await inRounds({ rounds }, [{
      name: "CPU time of the longest task during a download",
      ours: true,
      most: 16,
      measure: () => whileDownloading(stage, "qmgr", file, (page) => longestTask(page, () => page.evaluate(() => bench.downloaded))),
    }]),
  ];
  return { unit: "ms", ratio: "thisToFirst", rows: [...heartbeats, task] };
}

/** With qmgr the page does what pages do: it listens for progress and asks for the state. */
function whileDownloading(stage, contestant, file, watch) {
  return stage.visit(async (page) => {
    await call(page, contestant, "prepare");
    await call(page, contestant, "watch");
    await page.evaluate(([contestant, url]) => {
      bench.downloaded = bench.call(contestant, "download", url, "file.bin").then(() => { bench.isDownloaded = true; });
    }, [contestant, stage.address(file)]);
    const value = await watch(page);
    await page.evaluate(() => bench.downloaded);
    await call(page, contestant, "remove", "file.bin");
    return value;
  });
}

/** Runs in the page, for so long or until the download is there: the 99th percentile of the time between two beats. */
async function beat([heartbeat, limit]) {
  const gaps = [];
  const start = performance.now();
  await new Promise((resolve) => {
    let last = start;
    const timer = setInterval(() => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      if (limit === undefined ? bench.isDownloaded : now - start >= limit) {
        clearInterval(timer);
        resolve();
      }
    }, heartbeat);
  });
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.99)];
}
