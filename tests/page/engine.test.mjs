/** The engine against a real nginx, through the package's API in a real browser. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startNginx } from "./nginx.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const MIB = 1 << 20;
const SIZE = 64 * MIB;
const LOCAL = "/models/random.bin";
/** Slow enough to be caught in the middle. */
const SLOW = "?rate=16m";
const LONG = 60_000;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** A test over each place where a browser keeps bytes. */
function overEachStore(name, run) {
  for (const storage of ["opfs", "indexeddb"]) test(`${name} (${storage})`, (t) => run(t, storage));
}

/** nginx with one random file, and an empty page of its origin. */
async function stage(t, storage) {
  const bytes = randomBytes(SIZE);
  const nginx = await startNginx(t, { files: { "random.bin": bytes }, pkg: PKG });
  const page = await visit(t, `${nginx.origin}/blank`, { prelude: fileURLToPath(new URL("in-page.js", import.meta.url)), onDisk: true });
  const status = () => page.evaluate(() => lab.status());
  return {
    nginx,
    page,
    bytes,
    make: (remote) => page.evaluate(([file, options]) => lab.make([file], options), [{ remoteFile: nginx.origin + remote, localFile: LOCAL }, { storage, connections: { perFile: 1 } }]),
    store: () => page.evaluate(async () => (await lab.queue()).storage),
    resume: () => page.evaluate(() => lab.group.resumeGroup()),
    suspend: () => page.evaluate(() => lab.group.suspendGroup()),
    progress: () => page.evaluate(() => lab.progress()),
    status,
    statusIs: (word, limit = LONG) => until(`the status word is 0x${word.toString(16)}`, async () => await status() === word, limit),
    /** The middle: at least so many bytes are there, and not all. */
    middle: (least = 8 * MIB) => until("the middle of the file", async () => {
      const { bytesDone } = await page.evaluate(() => lab.progress());
      assert.ok(bytesDone < SIZE, "the middle was missed");
      return bytesDone >= least;
    }),
    hash: () => page.evaluate((localFile) => lab.hash(localFile), LOCAL),
  };
}

overEachStore("the status words go 0x180, 0x080, 0x140, and the file is the server's", async (t, storage) => {
  const { nginx, page, bytes, make, resume, statusIs, status, hash, store } = await stage(t, storage);
  await make("/files/random.bin");
  assert.equal(await store(), storage);
  assert.equal(await status(), 0x180);
  await resume();
  await page.evaluate(() => lab.group.finished());
  await statusIs(0x140);
  await until("the last event", () => page.evaluate(() => lab.words.at(-1) === 0x140));
  assert.deepEqual(await page.evaluate(() => lab.words), [0x180, 0x080, 0x140]);
  assert.equal(await hash(), sha256(bytes));
  assert.deepEqual(await page.evaluate(() => ({ ...lab.job().getStatus() })), { status: 0x04, win32Result: 0, transportResult: 0, numOfRetries: 0 });
  assert.deepEqual(await page.evaluate(() => [lab.group.getProgress(1), lab.group.getProgress(3), lab.group.getSize()]), [100, SIZE, SIZE]);
  const [first] = await nginx.ended("/files/random.bin", 1);
  assert.deepEqual([first.range, first.ifRange, first.status], ["bytes=0-", "", 206]);
});

test("getStatus returns the pair with names", async (t) => {
  const { page, make } = await stage(t);
  await make("/files/random.bin");
  const pair = await page.evaluate(() => {
    const status = lab.group.getStatus();
    const [word, jobIndex] = status;
    return { word, jobIndex, named: [status.status, status.jobIndex], length: status.length };
  });
  assert.deepEqual(pair, { word: 0x180, jobIndex: 0, named: [0x180, 0], length: 2 });
});

overEachStore("a suspend in the middle ends the connection within a second, and a resume asks only for what is missing", async (t, storage) => {
  const { nginx, bytes, make, resume, suspend, middle, progress, status, statusIs, hash } = await stage(t, storage);
  await make(`/files/random.bin${SLOW}`);
  await resume();
  await middle();
  await suspend();
  const suspendedAt = Date.now();
  assert.equal(await status(), 0x180);
  const [cut] = await nginx.ended("/files/random.bin", 1, 3000);
  assert.ok(cut.endedAt * 1000 - suspendedAt < 1000, "nginx saw the end within a second");
  assert.equal(cut.whole, "", "the answer was not sent whole");

  const { ranges, etag, proof } = await until("what had arrived is kept", async () => {
    const reached = await progress();
    return reached.ranges.at(-1)?.[1] >= 8 * MIB && reached;
  });
  assert.equal(proof, "etag");
  assert.equal(ranges.length, 1);
  const [start, end] = ranges[0];
  assert.equal(start, 0);
  await resume();
  await statusIs(0x140);
  const [, rest] = await nginx.ended("/files/random.bin", 2);
  const from = Number(/^bytes=(\d+)-/.exec(rest.range)[1]);
  // What the connection brought last may be recorded after the page has looked.
  assert.ok(from >= end, "nothing that is kept is asked for again");
  assert.equal(rest.ifRange, etag);
  assert.match(rest.ifRange, /^"/);
  assert.equal(rest.status, 206);
  assert.equal(rest.sent, SIZE - from);
  assert.equal(await hash(), sha256(bytes));
});

overEachStore("a reload in the middle goes on by itself", async (t, storage) => {
  const { nginx, page, bytes, make, resume, middle, statusIs, hash, store } = await stage(t, storage);
  const groupId = await make(`/files/random.bin${SLOW}`);
  await resume();
  await middle(24 * MIB);
  await page.reload();
  await page.evaluate((id) => lab.find(id), groupId);
  assert.equal(await store(), storage, "nobody asks for it after the reload");
  assert.equal(await page.evaluate(() => lab.words[0]), 0x080);
  await statusIs(0x140);
  assert.equal(await hash(), sha256(bytes));
  const requests = await nginx.ended("/files/random.bin", 2);
  const { range, ifRange } = requests.at(-1);
  const from = Number(/^bytes=(\d+)-/.exec(range)[1]);
  assert.ok(from > 0 && from < SIZE, `the rest was asked for, from ${from}`);
  assert.match(ifRange, /^"/);
});

overEachStore("a file that changes between suspend and resume is fetched anew, and never mixed", async (t, storage) => {
  const { nginx, make, resume, suspend, middle, statusIs, hash } = await stage(t, storage);
  await make(`/files/random.bin${SLOW}`);
  await resume();
  await middle();
  await suspend();
  const changed = randomBytes(SIZE + MIB);
  await nginx.replace("random.bin", changed);
  await resume();
  await statusIs(0x140);
  assert.equal(await hash(), sha256(changed));
  const requests = await nginx.ended("/files/random.bin", 2);
  assert.match(requests[1].ifRange, /^"/);
  assert.equal(requests[1].status, 200);
});

test("without a proof of its version a file starts again in full", async (t) => {
  const { nginx, bytes, make, resume, suspend, middle, progress, statusIs, hash } = await stage(t);
  await make(`/unproven/random.bin${SLOW}`);
  await resume();
  await middle();
  await suspend();
  assert.equal((await progress()).proof, null);
  await resume();
  await statusIs(0x140);
  const [, again] = await nginx.ended("/unproven/random.bin", 2);
  assert.equal(again.range, "bytes=0-");
  assert.equal(again.ifRange, "");
  assert.equal(await hash(), sha256(bytes));
});

test("no part of a file is seen under its name before all of it is there", async (t) => {
  const { page, make, resume, middle, suspend } = await stage(t);
  await make(`/files/random.bin${SLOW}`);
  await resume();
  await middle();
  const failure = await page.evaluate((localFile) => lab.failure(async () => (await lab.queue()).openFile(localFile)), LOCAL);
  assert.equal(failure.name, "QmgrError");
  assert.deepEqual(await page.evaluate(async () => (await lab.queue()).listFiles()), []);
  await suspend();
});

test("a cancelled group leaves nothing behind", async (t) => {
  const { page, nginx, make, resume, middle } = await stage(t);
  const groupId = await make(`/files/random.bin${SLOW}`);
  await resume();
  await middle();
  await page.evaluate(() => lab.group.cancelGroup());
  await nginx.ended("/files/random.bin", 1, 3000);
  await page.reload();
  const failure = await page.evaluate((id) => lab.failure(() => lab.find(id)), groupId);
  assert.deepEqual(failure, { name: "QmgrError", code: "QM_E_ITEM_NOT_FOUND", hresult: 0x81001004, own: true });
  const kept = await page.evaluate(async () => {
    let bytes = 0;
    async function weigh(directory) {
      for await (const handle of directory.values()) {
        if (handle.kind === "directory") await weigh(handle);
        else bytes += (await handle.getFile()).size;
      }
    }
    await weigh(await navigator.storage.getDirectory());
    return bytes;
  });
  assert.equal(kept, 0);
});
