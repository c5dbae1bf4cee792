/** Where a page's bytes are kept: without a private file system, without room, and how a file in chunks is read. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { bytesOf } from "../server/content.mjs";
import { startServer } from "../server/server.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const MIB = 1 << 20;
const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const LOCAL = "/data/file.bin";

let server;
before(async () => {
  server = await startServer({ mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
});
after(() => server.close());

const open = (t) => visit(t, `${server.origin}/blank`, { prelude: fileURLToPath(new URL("in-page.js", import.meta.url)), onDisk: true });

/** A group for a file, which is started. */
async function run(page, path, options) {
  await page.evaluate(([file, options]) => lab.make([file], options), [{ remoteFile: server.origin + path, localFile: LOCAL }, options]);
  await page.evaluate(() => lab.group.resumeGroup());
}

const status = (page) => page.evaluate(() => lab.status());
const hash = (page, options) => page.evaluate(([localFile, options]) => lab.hash(localFile, options), [LOCAL, options]);
const finished = (page) => page.evaluate(() => lab.group.finished().then(() => {}));
const storage = (page, options) => page.evaluate(async (options) => (await lab.queue(options)).storage, options);
const asked = (path) => server.log.gets(path).map(({ range }) => range);

/** What keeps a worker from having files. */
const WITHOUT_FILES = {
  handles: "delete FileSystemFileHandle.prototype.createSyncAccessHandle",
  directory: "delete StorageManager.prototype.getDirectory",
  denied: "StorageManager.prototype.getDirectory = async () => { throw new DOMException('not here', 'SecurityError') }",
};

test("where a worker gets no files, auto is IndexedDB, and stays it where the worker gets them again", async (t) => {
  const file = server.put("/no-files.bin", { size: MIB });
  const page = await open(t);
  for (const [name, loss] of Object.entries(WITHOUT_FILES)) {
    await page.evaluate(([name, loss]) => {
      const own = `import "data:text/javascript,${encodeURIComponent(loss)}"; import "${location.origin}/pkg/worker.js";`;
      const url = URL.createObjectURL(new Blob([own], { type: "text/javascript" }));
      return lab.queue({ name, worker: () => new Worker(url, { type: "module" }) }).then(() => {});
    }, [name, loss]);
    assert.equal(await storage(page, { name }), "indexeddb", loss);
    await run(page, file.path, { name });
    await finished(page);
  }
  await page.reload();
  for (const name of Object.keys(WITHOUT_FILES)) {
    assert.equal(await storage(page, { name }), "indexeddb", name);
    assert.equal(await hash(page, { name }), file.sha256());
  }
  assert.equal(await storage(page), "opfs", "a new queue has files");
});

/** In the engine's worker: the fourth flush fails, and what was written since the third is lost; later ones succeed. */
const LOSES_A_FLUSH = `
  const { flush, write } = FileSystemSyncAccessHandle.prototype;
  const written = [];
  let count = 0;
  Object.assign(FileSystemSyncAccessHandle.prototype, {
    write(bytes, options) {
      written.push([bytes.byteLength, options]);
      return write.call(this, bytes, options);
    },
    flush() {
      const since = written.splice(0);
      count += 1;
      if (count !== 4) return flush.call(this);
      for (const [length, options] of since) write.call(this, new Uint8Array(length), options);
      throw new DOMException("the disk is going", "UnknownError");
    },
  });`;

test("what a flush that failed has lost is fetched again, whichever connection brought it", async (t) => {
  const file = server.put("/flush.bin", { size: 24 * MIB, bytesPerSecond: 4 * MIB });
  const page = await open(t);
  const options = { connections: { perFile: 3 }, checkpoint: { bytes: 2 * MIB, interval: 600_000 } };
  await page.evaluate(([before, options]) => {
    const own = `import "data:text/javascript,${encodeURIComponent(before)}"; import "${location.origin}/pkg/worker.js";`;
    const url = URL.createObjectURL(new Blob([own], { type: "text/javascript" }));
    return lab.queue({ ...options, worker: () => new Worker(url, { type: "module" }) }).then(() => {});
  }, [LOSES_A_FLUSH, options]);
  await run(page, file.path);
  await until("the group is in error", () => isOver(page));
  await page.evaluate(() => lab.group.resumeGroup());
  await finished(page);
  assert.equal(await hash(page), file.sha256());
});

/** Limits what a page's origin may keep. Chromium's IndexedDB heeds a limit that was there before it was opened. */
async function limit(page) {
  const session = await page.context().newCDPSession(page);
  const override = (quotaSize) => session.send("Storage.overrideQuotaForOrigin", { origin: server.origin, quotaSize });
  await override(12 * MIB);
  // Without a size the override ends.
  return () => override(undefined);
}

const isOver = async (page) => (await status(page)) === 0x380;
const win32Result = (page) => page.evaluate(() => lab.job().getStatus().win32Result);

for (const storage of ["opfs", "indexeddb"]) {
  test(`a file for which the room ends keeps what is there, and a resume goes on once there is more (${storage})`, async (t) => {
    const path = `/full-${storage}.bin`;
    // The first answer does not say how long the file is, so it cannot be refused before it is written.
    const file = server.put(path, { size: 20 * MIB, bytesPerSecond: 16 * MIB, steps: [{ ranges: "ignore", length: "chunked", headers: { "Accept-Ranges": "bytes" } }] });
    const page = await open(t);
    const lift = await limit(page);
    await run(page, path, { storage });
    await until("the error", () => isOver(page));
    assert.equal(await win32Result(page), 112);
    const { ranges } = await page.evaluate(() => lab.progress());
    assert.equal(ranges.length, 1);
    const [[start, end]] = ranges;
    assert.ok(start === 0 && end >= 4 * MIB && end <= 12 * MIB, `${start} to ${end} are kept`);

    await page.evaluate(() => lab.group.resumeGroup());
    await until("the error again", () => isOver(page));
    assert.equal(asked(path)[1], `bytes=${end}-`);

    await lift();
    const [[, kept]] = await page.evaluate(() => lab.progress().ranges);
    await page.evaluate(() => lab.group.resumeGroup());
    await finished(page);
    assert.equal(asked(path).at(-1), `bytes=${kept}-`);
    assert.equal(await hash(page), file.sha256());
  });
}

test("a file that is known not to fit is not begun in the private file system", async (t) => {
  const file = server.put("/too-large.bin", { size: 20 * MIB });
  const page = await open(t);
  const lift = await limit(page);
  await run(page, file.path, { storage: "opfs" });
  await until("the error", () => isOver(page));
  assert.equal(await win32Result(page), 112);
  assert.equal(await page.evaluate(() => lab.progress().bytesDone), 0);
  await lift();
  await page.evaluate(() => lab.group.resumeGroup());
  await finished(page);
  assert.equal(await hash(page), file.sha256());
});

/** Where the chunks of the only part in a page's database begin. */
const starts = (page) =>
  page.evaluate(async () => {
    const answer = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const database = await answer(indexedDB.open("qmgr:default"));
    const keys = await answer(database.transaction("chunks").objectStore("chunks").getAllKeys());
    database.close();
    return keys.map((key) => Number(key.split("/").at(-2)));
  });

test("a file of many chunks reads as one, in whole and in slices, and says its type and date", async (t) => {
  const size = 24 * MIB + 12_345;
  const file = server.put("/chunks.bin", { size, type: "application/x-weights" });
  const page = await open(t);
  await run(page, file.path, { storage: "indexeddb" });
  await finished(page);
  const [first, ...borders] = await starts(page);
  assert.equal(first, 0);
  assert.ok(borders.length >= 4, `borders: ${borders}`);

  const slices = [
    ...borders.map((border) => [border - 3, border + 3]),
    [borders[0] - 1, borders[2] + 1],
    [borders[0], borders[1]],
    [0, 1],
    [size - 7, size],
    [5, 5],
    [0, size],
  ];
  const read = await page.evaluate(async ([localFile, slices]) => {
    const opened = await (await lab.queue()).openFile(localFile);
    const hashes = [];
    for (const [start, end] of slices) {
      const digest = await crypto.subtle.digest("SHA-256", await opened.slice(start, end).arrayBuffer());
      hashes.push(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""));
    }
    let streamed = 0;
    for await (const piece of opened.stream()) streamed += piece.length;
    const { name, size, type, lastModified } = opened;
    return { name, size, type, lastModified, hashes, streamed };
  }, [LOCAL, slices]);
  assert.deepEqual(read, {
    name: "file.bin",
    size,
    type: "application/x-weights",
    lastModified: Date.UTC(2020, 0, 2),
    hashes: slices.map(([start, end]) => createHash("sha256").update(bytesOf(file.path, 1, start, end)).digest("hex")),
    streamed: size,
  });
});
