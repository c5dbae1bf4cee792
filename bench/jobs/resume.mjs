import { NAMES, call, inspect, speed, time } from "../downloads.mjs";
import { inRounds } from "../rounds.mjs";

export const title = "The second half of a large file of which half is there";

const STARTS_AGAIN = {
  cache: "keeps nothing of a download that did not end",
  wllama: "deletes what it has and starts again",
  hub: "has no resume: the blob is fetched as a whole",
  ipull: "keeps its progress in memory; a page that was closed has lost it, unless the program stores it",
  opfsTools: "appends, but leaves to the program what to ask for and how to know that the file is the same",
};

export async function run({ stage, files, rounds, size }) {
  const file = await files.random(size);
  const rows = await inRounds({ rounds }, Object.entries(NAMES).map(([contestant, name]) => ({
    name,
    ours: contestant === "qmgr",
    cannot: STARTS_AGAIN[contestant],
    measure: (hash) => stage.visit(async (page) => {
      const [stored, url] = ["file.bin", stage.address(file)];
      await call(page, contestant, "prepare");
      const from = await call(page, contestant, "downloadHalf", url, stored, size);
      if (from === size) throw new Error("the whole file was there before half of it could be told");
      await stage.rest(page);
      const { ms } = await time(page, contestant, "resume", url, stored, from);
      await inspect(page, contestant, stored, file, hash);
      await call(page, contestant, "remove", stored);
      return speed(size - from, ms);
    }),
    ...(contestant !== "qmgr" && { ratio: {} }),
  })));
  return { unit: "MB/s", ratio: "firstToThis", rows };
}
