import { readFile, writeFile } from "node:fs/promises";
import { rendererOf } from "../../tests/page/processes.mjs";
import { NAMES, call, inspect } from "../downloads.mjs";
import { inRounds } from "../rounds.mjs";

export const title = "Peak extra memory of the page and its worker during a download";

const [SMALL, LARGE] = [64 * 2 ** 20, 4 * 2 ** 30];

export async function run({ stage, files, rounds }) {
  const [small, large] = [await files.zeros(SMALL), await files.zeros(LARGE)];
  const rows = await inRounds({ rounds, warmUp: false }, [
    { name: "qmgr, 64 MiB", ours: true, most: 64, measure: () => peak(stage, "qmgr", small) },
    { name: "qmgr, 4 GiB", ours: true, most: 64, measure: () => peak(stage, "qmgr", large) },
    { name: `${NAMES.loop}, 64 MiB`, measure: () => peak(stage, "loop", small) },
    { name: `${NAMES.loop}, 4 GiB`, measure: () => peak(stage, "loop", large) },
  ]);
  return { unit: "MiB", rows };
}

/** How far the resident memory of the page's process rose, by the kernel's own high-water mark, which is reset before. */
function peak(stage, contestant, file) {
  return stage.visit(async (page) => {
    const name = "file.bin";
    await call(page, contestant, "prepare");
    const renderer = await rendererOf(page);
    await stage.rest(page);
    await writeFile(`/proc/${renderer}/clear_refs`, "5");
    const before = await residentMemory(renderer);
    await call(page, contestant, "download", stage.address(file), name);
    const after = await residentMemory(renderer);
    await inspect(page, contestant, name, file, false);
    await call(page, contestant, "remove", name);
    return after.peak - before.now;
  });
}

/** In MiB, what a process holds and the most that it has held. */
async function residentMemory(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const figure = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)[1]) / 1024;
  return { now: figure("VmRSS"), peak: figure("VmHWM") };
}
