/**
 * Measures, and writes what it found as JSON; `cargo xtask bench` calls it and makes the tables.
 *
 * node main.mjs --out FILE --work DIRECTORY --pkg DIRECTORY --rounds N --size BYTES JOB…
 *
 * A job is a module of `jobs/`: its `title`, and `run`, which gives back the unit of its figures, its rows
 * (`rounds.mjs`), and how rows are compared: `firstToThis` or `thisToFirst`, by the first row.
 */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Files } from "./files.mjs";
import { openStage } from "./stage.mjs";

const options = Object.fromEntries(["out", "work", "pkg", "rounds", "size"].map((name) => [name, { type: "string" }]));
const { values: { out, work, pkg, rounds, size }, positionals } = parseArgs({ options, allowPositionals: true });

const served = join(work, "files");
const files = new Files(served);
const stage = await openStage({ directory: join(work, "stage"), files: served, pkg });
const jobs = [];
try {
  for (const name of positionals) {
    const { title, run } = await import(`./jobs/${name}.mjs`);
    console.error(`${name}: ${title}`);
    const start = performance.now();
    const result = await run({ stage, files, rounds: Number(rounds), size: Number(size) }).catch((error) => {
      console.error(error);
      return { failed: error.message.split("\n")[0] };
    });
    jobs.push({ name, title, seconds: (performance.now() - start) / 1e3, ...result });
  }
} finally {
  await stage.close();
}
await writeFile(out, JSON.stringify({ machine: machine(), rounds: Number(rounds), size: Number(size), jobs }));

function machine() {
  const processors = cpus();
  return {
    processor: processors[0].model.trim(),
    cores: processors.length,
    memory: totalmem(),
    load: loadavg()[2],
    kernel: `${execFileSync("uname", ["-s"], { encoding: "utf8" }).trim()} ${release()}`,
    browser: `Chromium ${stage.version}`,
    node: process.version,
  };
}
