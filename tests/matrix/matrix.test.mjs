/**
 * Never mixed: many runs against servers of every kind, and every file that appears under its name is one that the server
 * held in full; every other run ends in an error that says why.
 *
 * QMGR_RUNS says how many runs, QMGR_SEED the first one's seed; each run has the next. A run that fails names its seed,
 * so `QMGR_SEED=17 QMGR_RUNS=1 node --test tests/matrix/matrix.test.mjs` plays it alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { startServer } from "../server/server.mjs";
import { explains, runOf } from "./matrix.mjs";
import { PKG, visit } from "../page/visit.mjs";

const RUNS = Number(process.env.QMGR_RUNS ?? 60);
const SEED = Number(process.env.QMGR_SEED ?? 1);
/** Queues side by side; each plays one run at a time, and a browser opens six connections to an origin. */
const LANES = 6;
/** Requests that a run may take: each mishap, what it may cost in answers that prove nothing, and the capped parts of a file. */
const REQUESTS = 60;
const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
/** The browser's own words on what servers do here. */
const EXPECTED = [/CORS policy/, /ERR_/, /Failed to load resource/];
const OPTIONS = {
  retry: { minimumDelay: 20, maximumDelay: 100, noProgressTimeout: 10_000, stallTimeout: 1_500 },
  checkpoint: { bytes: 16_384, interval: 50 },
};

/** Runs whose files are large, one at a time, since each takes four connections. */
const WIDE_RUNS = Math.ceil(RUNS / 6);

test(`${WIDE_RUNS} runs from seed ${SEED} over four connections: the same holds`, async (t) => {
  await playAll(t, { runs: WIDE_RUNS, lanes: 1, wide: true, options: { retry: OPTIONS.retry } });
});

test(`${RUNS} runs from seed ${SEED}: what is published was held in full by the server, and what is not has a reason`, async (t) => {
  console.log(`matrix: ${RUNS} runs; QMGR_SEED=${SEED} QMGR_RUNS=${RUNS} plays them again`);
  await playAll(t, { runs: RUNS, lanes: LANES, wide: false, options: OPTIONS });
});

async function playAll(t, { runs, lanes, wide, options }) {
  const server = await startServer({ mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
  t.after(() => server.close());
  const page = await visit(t, `${server.origin}/blank`, { prelude: fileURLToPath(new URL("../page/in-page.js", import.meta.url)), expected: EXPECTED, onDisk: true });

  const seeds = Array.from({ length: runs }, (_, index) => SEED + index);
  const failed = [];
  const ends = new Map();
  const lane = async (name) => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const run = runOf(seed, { wide });
      server.put(run.path, run.script);
      const outcome = await page.evaluate(play, [name, asked(run, server), options]);
      const requests = server.log.gets(run.path);
      const end = outcome.sha256 ? "published" : outcome.code;
      ends.set(end, (ends.get(end) ?? 0) + 1);
      const wrong = wrongWith(run, outcome, requests);
      if (process.env.QMGR_LOG) console.log(inspect({ run, outcome, requests: requests.map(brief) }, { depth: 5 }));
      if (wrong) failed.push({ wrong, run, outcome, requests: requests.map(brief) });
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(`lane-${index}`)));

  for (const failure of failed) console.log(inspect(failure, { depth: 5 }));
  console.log(`matrix: ${[...ends].sort(([, a], [, b]) => b - a).map(([end, count]) => `${count} ${end}`).join(", ")}`);
  assert.deepEqual(failed.map(({ wrong, run }) => `QMGR_SEED=${run.seed} QMGR_RUNS=1: ${wrong}`), []);
}

/** What the page asks its queue for. */
function asked({ path, from, resume, caller, known, perFile }, server) {
  return { resume, perFile, suspends: caller === "suspends and resumes", file: { remoteFile: server[from] + path, localFile: path, ...known } };
}

/** Runs in the page: one group with one file, to its end. Leaves nothing behind. */
async function play([name, { resume, perFile, suspends, file }, options]) {
  const queue = await lab.queue({ name, resume, connections: { perFile }, ...options });
  const group = await queue.createGroup();
  const job = await group.createJob();
  await job.addFiles([file]);
  let interruption;
  if (suspends) {
    const again = async () => {
      await group.suspendGroup();
      if (group.getDetails().state === "suspended") await group.resumeGroup();
    };
    group.addEventListener("progress", () => interruption = again(), { once: true });
  }
  await group.resumeGroup();
  const outcome = await group.finished({ signal: AbortSignal.timeout(90_000) }).then(
    () => ({}),
    ({ name, code, hresult, message, fileIndex }) => ({ name, code, hresult, message, fileIndex }),
  );
  await interruption;
  const details = group.getDetails();
  const files = await queue.listFiles();
  if (outcome.name === undefined) {
    outcome.sha256 = await lab.hash(file.localFile, { name });
    await queue.deleteFile(file.localFile);
  } else {
    await group.cancelGroup();
  }
  return { ...outcome, state: details.state, files: files.map(({ localFile, size }) => ({ localFile, size })) };
}

/** What a run did that none may do, or nothing. */
function wrongWith(run, outcome, requests) {
  const { path, versions, known: { integrity } } = run;
  if (requests.length > REQUESTS) return `it took ${requests.length} requests`;
  if (outcome.sha256) {
    const version = [...versions].find(([, sha256]) => sha256 === outcome.sha256)?.[0];
    if (!version) return "a file was published that no version of the server's is";
    if (integrity && integrity !== `sha256-${Buffer.from(outcome.sha256, "hex").toString("base64")}`) return "a file was published that is not the one asked for";
    return undefined;
  }
  if (outcome.name !== "QmgrError") return `it did not end: ${outcome.message}`;
  if (outcome.state !== "error") return `its state is ${outcome.state}`;
  if (outcome.files.some(({ localFile }) => localFile === path)) return "a file was published by a group in error";
  if (outcome.code.startsWith("0x") || !outcome.message || outcome.fileIndex !== 0) return "its error has no named cause";
  if (!explains(run, outcome.code)) return `nothing in it explains ${outcome.code}: ${outcome.message}`;
  return undefined;
}

function brief({ method, range, ifRange, status, version, sent, end }) {
  return [method, range, ifRange, status, version, sent, end].join(" ");
}
