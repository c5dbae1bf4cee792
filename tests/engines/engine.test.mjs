/** What a page must be able to rely on in every browser engine. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "../page/until.mjs";
import { Browser, engine, stage } from "./stage.mjs";

const MIB = 1 << 20;
const PATH = "/file.bin";
const LOCAL = "/data/file.bin";
const LONG = 60_000;
/** The first request for the file brings half of it and no more, every later one the rest: nobody has to hurry. */
const HALF = { size: 4 * MIB, steps: [{ stallAfter: 2 * MIB }] };
/** What has come is soon durable. */
const OPTIONS = { checkpoint: { interval: 100 } };

let browser;
before(async () => {
  browser = await Browser.start();
  console.log(`engine: ${process.env.QMGR_ENGINE}, ${await browser.version()}`);
});
after(() => browser?.close());

/** A test over each place where this engine's pages can keep bytes. */
function overEachStore(name, run) {
  for (const storage of engine.stores) test(`${name} (${storage})`, (t) => run(t, storage));
}

/** A group for a file, which is started. */
async function run(page, remoteFile, { options = {}, ...more } = {}) {
  const id = await page.evaluate(([file, options]) => lab.make([file], options), [{ remoteFile, localFile: LOCAL, ...more }, { ...OPTIONS, ...options }]);
  await page.evaluate(() => lab.group.resumeGroup());
  return id;
}

const status = (page) => page.evaluate(() => lab.status());
const statusIs = (page, word) => until(`the status word is 0x${word.toString(16)}`, async () => await status(page) === word, LONG);
const hash = (page, options = {}) => page.evaluate(([localFile, options]) => lab.hash(localFile, options), [LOCAL, options]);
const role = (page) => page.evaluate(async () => (await lab.queue()).role);
const storageOf = (page, options = {}) => page.evaluate(async (options) => (await lab.queue(options)).storage, options);
const durable = (page) => page.evaluate(() => lab.progress().ranges.at(-1)?.[1] ?? 0);
const checkpoint = (page) => until("half of the file is durable", async () => await durable(page) === 2 * MIB, LONG);

/** What failed, in a page. */
const failure = (page, run, argument) => page.evaluate(`async (argument) => {
  try { await (${run})(argument); } catch ({ code, message }) { return { code, message }; }
  return "no failure";
}`, argument);

test("a queue that asks for nothing keeps its bytes in the best place that this engine has", async (t) => {
  const { open } = await stage(t, browser);
  assert.equal(await storageOf(await open()), engine.stores[0]);
});

overEachStore("the status words go 0x180, 0x080, 0x140, and the file is the server's", async (t, storage) => {
  const { server, open } = await stage(t, browser, { [PATH]: { size: 9 * MIB + 12_345, type: "application/x-weights" } });
  const page = await open();
  await run(page, server.origin + PATH, { options: { storage } });
  await statusIs(page, 0x140);
  await until("the last event", () => page.evaluate(() => lab.words.at(-1) === 0x140));
  assert.deepEqual(await page.evaluate(() => lab.words), [0x180, 0x080, 0x140]);
  assert.equal(await storageOf(page), storage);
  assert.equal(await hash(page), server.file(PATH).sha256());
  const opened = await page.evaluate(async (localFile) => {
    const { name, size, type, lastModified } = await (await lab.queue()).openFile(localFile);
    return { name, size, type, lastModified };
  }, LOCAL);
  assert.deepEqual(opened, { name: "file.bin", size: 9 * MIB + 12_345, type: "application/x-weights", lastModified: Date.UTC(2020, 0, 2) });
  assert.deepEqual(server.log.gets(PATH).map(({ range }) => range), ["bytes=0-"]);
});

overEachStore("many small files of one group are each the server's", async (t, storage) => {
  const paths = Array.from({ length: 20 }, (_, index) => `/small/${index}.bin`);
  const { server, open } = await stage(t, browser, Object.fromEntries(paths.map((path, index) => [path, { size: index * 997 }])));
  const page = await open();
  const hashes = await page.evaluate(async ([files, storage]) => {
    await lab.make(files, { storage });
    await lab.group.resumeGroup();
    await lab.group.finished();
    return Promise.all(files.map(({ localFile }) => lab.hash(localFile)));
  }, [paths.map((path) => ({ remoteFile: server.origin + path, localFile: path })), storage]);
  assert.deepEqual(hashes, paths.map((path) => server.file(path).sha256()));
});

overEachStore("a suspend in the middle ends the connection, and a resume asks only for what is missing", async (t, storage) => {
  const { server, open } = await stage(t, browser, { [PATH]: HALF });
  const page = await open();
  await run(page, server.origin + PATH, { options: { storage } });
  await checkpoint(page);
  await page.evaluate(() => lab.group.suspendGroup());
  assert.equal(await status(page), 0x180);
  await server.log.until(({ end }) => end === "client", { what: "the end of the connection" });
  const { etag, proof } = await page.evaluate(() => lab.progress());
  assert.equal(proof, "etag");
  await page.evaluate(() => lab.group.resumeGroup());
  await statusIs(page, 0x140);
  const [, rest] = server.log.gets(PATH);
  assert.deepEqual([rest.range, rest.ifRange, rest.status], [`bytes=${2 * MIB}-`, etag, 206]);
  assert.equal(await hash(page), server.file(PATH).sha256());
});

overEachStore("a reload in the middle goes on by itself", async (t, storage) => {
  const { server, open } = await stage(t, browser, { [PATH]: HALF });
  const page = await open();
  const id = await run(page, server.origin + PATH, { options: { storage } });
  await checkpoint(page);
  await page.reload();
  await page.evaluate((id) => lab.find(id), id);
  assert.equal(await storageOf(page), storage, "nobody asks for it after the reload");
  await statusIs(page, 0x140);
  assert.equal(server.log.gets(PATH)[1].range, `bytes=${2 * MIB}-`);
  assert.equal(await hash(page), server.file(PATH).sha256());
});

overEachStore("a file that changes between suspend and resume is fetched anew, and never mixed", async (t, storage) => {
  const { server, open } = await stage(t, browser, { [PATH]: HALF });
  const page = await open();
  await run(page, server.origin + PATH, { options: { storage } });
  await checkpoint(page);
  await page.evaluate(() => lab.group.suspendGroup());
  server.file(PATH).update({ version: 2 });
  await page.evaluate(() => lab.group.resumeGroup());
  await statusIs(page, 0x140);
  assert.equal(server.log.gets(PATH)[1].status, 200);
  assert.equal(await hash(page), server.file(PATH).sha256(2));
});

/** What goes wrong with an answer, and the version that is whole in the end. */
const MISHAPS = {
  "a cut connection": { steps: [{ cutAfter: MIB }] },
  "a connection that is reset": { steps: [{ cutAfter: MIB, cut: "reset" }] },
  "chunks that end too soon": { length: "chunked", steps: [{ cutAfter: MIB, length: "chunked" }] },
  "a body without a length that is cut, of a known size": { known: true, steps: [{ cutAfter: MIB, length: "close" }] },
  "another version behind a cut, and a server that ignores If-Range": { version: 2, ifRange: "ignore", steps: [{ version: 1, cutAfter: MIB }] },
  "a file that is stored compressed": { size: 100_000, encoding: "gzip-always", ranges: "ignore" },
  "no ranges": { ranges: "ignore", steps: [{ cutAfter: MIB }] },
  "no answer": { steps: [{ connect: "reset" }] },
  "an answer that begins late": { steps: [{ ranges: "shift" }, { cutAfter: MIB }, { ranges: "shift" }] },
  "two lengths": { steps: [{ length: "twice" }] },
};

for (const from of ["origin", "crossOrigin"]) {
  for (const [name, { known = false, ...script }] of Object.entries(MISHAPS)) {
    test(`after ${name} the file is the server's (${from === "origin" ? "same origin" : "another origin"})`, async (t) => {
      const { server, open } = await stage(t, browser, { [PATH]: { size: 2 * MIB, cors: { expose: ["ETag", "Content-Range"] }, ...script } });
      const page = await open();
      const { size } = server.file(PATH).script;
      await run(page, server[from] + PATH, { options: { retry: { minimumDelay: 50, maximumDelay: 200 } }, ...(known ? { size } : {}) });
      await until("the end", async () => await status(page) !== 0x080, LONG);
      assert.equal(await status(page), 0x140, JSON.stringify(await page.evaluate(() => lab.group.getDetails().error)));
      assert.equal(await hash(page), server.file(PATH).sha256());
    });
  }
}

test("a server of another origin that keeps its answers from the page is an error that says CORS", async (t) => {
  const { server, open } = await stage(t, browser, { [PATH]: { size: MIB } });
  const page = await open();
  await run(page, server.crossOrigin + PATH);
  await statusIs(page, 0x380);
  assert.match(await page.evaluate(() => lab.group.getDetails().error.message), /CORS/);
});

overEachStore("a file with the right hash is published, and one with a wrong hash is an error", async (t, storage) => {
  const { server, open } = await stage(t, browser, { [PATH]: { size: 3 * MIB } });
  const page = await open();
  await run(page, server.origin + PATH, { options: { storage }, integrity: server.file(PATH).integrity(2) });
  await statusIs(page, 0x380);
  assert.equal(await page.evaluate(() => lab.group.getDetails().error.code), "BG_E_VALIDATION_FAILED");
  assert.deepEqual(await page.evaluate(async () => (await lab.queue()).listFiles()), []);
  await page.evaluate(() => lab.group.cancelGroup());
  await run(page, server.origin + PATH, { integrity: server.file(PATH).integrity() });
  await statusIs(page, 0x140);
  assert.equal(await hash(page), server.file(PATH).sha256());
});

/** Two tabs of one queue; the first of them transfers. */
async function twoTabs(t, storage) {
  const there = await stage(t, browser, { [PATH]: HALF });
  const first = await there.open();
  const id = await run(first, there.server.origin + PATH, { options: { storage } });
  const second = await there.open();
  await second.evaluate((id) => lab.find(id), id);
  assert.deepEqual([await role(first), await role(second)], ["active", "standby"]);
  return { ...there, first, second, id };
}

test("a group of one tab is commanded and watched from another, over one connection", async (t) => {
  const { server, first, second } = await twoTabs(t);
  await until("bytes seen in the second tab", () => second.evaluate(() => lab.group.getDetails().bytesDone > 0));
  await second.evaluate(() => lab.group.suspendGroup());
  await until("0x180 in the first tab", async () => await status(first) === 0x180);
  await second.evaluate(() => lab.group.resumeGroup());
  await Promise.all([statusIs(first, 0x140), statusIs(second, 0x140)]);
  assert.equal(await hash(second), server.file(PATH).sha256());
  assert.equal(server.log.gets(PATH).length, 2, "one request for each run");
});

overEachStore("when the active tab closes, the other goes on from what is durable", async (t, storage) => {
  const { server, first, second, close } = await twoTabs(t, storage);
  await checkpoint(second);
  await close(first);
  await until("the second tab to take over", async () => await role(second) === "active");
  await statusIs(second, 0x140);
  assert.equal(server.log.gets(PATH)[1].range, `bytes=${2 * MIB}-`);
  assert.equal(await hash(second), server.file(PATH).sha256());
});

overEachStore("a tab that is left gives the queue to another, and when it comes back it follows that one", async (t, storage) => {
  const { server, first, second, id } = await twoTabs(t, storage);
  await first.evaluate(() => addEventListener("pagehide", ({ persisted }) => { globalThis.wasPersisted = persisted; }));
  await checkpoint(second);
  await first.goto(`${server.origin}/away`);
  await until("the second tab to take over", async () => await role(second) === "active");
  await first.back();
  const isCached = await first.evaluate(() => globalThis.wasPersisted === true);
  t.diagnostic(isCached ? "the page came back from the back/forward cache" : "the page was loaded anew");
  if (!isCached) await first.evaluate((id) => lab.find(id), id);
  assert.equal(await role(first), "standby");
  await Promise.all([statusIs(first, 0x140), statusIs(second, 0x140)]);
  assert.equal(await hash(first), server.file(PATH).sha256());
});

overEachStore("a tab that comes back alone transfers again", async (t, storage) => {
  const { server, open } = await stage(t, browser, { [PATH]: HALF });
  const page = await open();
  const id = await run(page, server.origin + PATH, { options: { storage } });
  await checkpoint(page);
  await page.goto(`${server.origin}/away`);
  await server.log.until(({ end }) => end === "client", { what: "the end of the connection" });
  await page.back();
  if (!await page.evaluate(() => lab.group !== undefined)) await page.evaluate((id) => lab.find(id), id);
  await statusIs(page, 0x140);
  assert.equal(server.log.gets(PATH)[1].range, `bytes=${2 * MIB}-`);
  assert.equal(await hash(page), server.file(PATH).sha256());
});

test("a callback is called in the latest tab that has one, and in the one before it when that is closed", async (t) => {
  const { server, open, close } = await stage(t, browser, { [PATH]: { status: 404 } });
  const [first, second] = [await open(), await open()];
  const id = await first.evaluate((file) => lab.make([file]), { remoteFile: server.origin + PATH, localFile: LOCAL });
  await second.evaluate((id) => lab.find(id), id);
  await first.evaluate(() => lab.hear());
  await second.evaluate(() => lab.hear({ silent: true }));
  await first.evaluate(() => lab.group.resumeGroup());
  await until("the second tab's callback", () => second.evaluate(() => lab.heard.length === 1));
  assert.equal(await first.evaluate(() => lab.heard.length), 0);
  await close(second);
  await until("the first tab's callback", () => first.evaluate(() => lab.heard.length === 1));
  const [groupId, , ...event] = await first.evaluate(() => lab.heard[0]);
  assert.deepEqual([groupId, event], [id, [0, 0x380, 0, 0x80190194, 404]]);
});

test("a newer build that upgrades the database is not kept waiting, and the older one says to reload", async (t) => {
  const { first, second } = await twoTabs(t);
  await second.evaluate(() => new Promise((resolve, reject) => {
    const opening = indexedDB.open("qmgr:default", 1000);
    opening.onsuccess = () => resolve(opening.result.close());
    opening.onerror = () => reject(opening.error);
  }));
  for (const page of [first, second]) {
    const { code, message } = await failure(page, () => lab.group.suspendGroup());
    assert.equal(code, "QM_E_SERVICE_UNAVAILABLE");
    assert.match(message, /reload/);
    assert.equal(await status(page), 0x080);
  }
});

/** What a worker runs before the engine's code, by the store that it takes away. */
const LOSSES = {
  opfs: "Object.defineProperty(navigator, 'storage', { value: { getDirectory: async () => { throw new DOMException('not in this test', 'SecurityError') } } })",
  indexeddb: "IDBFactory.prototype.open = () => { throw new DOMException('not in this test', 'SecurityError') }",
};

/** Opens a queue whose worker lacks a store. */
const openWithout = (page, store, options) => page.evaluate(async ([loss, options]) => {
  const source = `import "data:text/javascript,${encodeURIComponent(loss)}"; import "${location.origin}/pkg/worker.js";`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = () => new Worker(url, { type: "module" });
  return lab.queue({ worker, ...options }).then(({ storage }) => ({ storage }), ({ code, message }) => ({ code, message }));
}, [LOSSES[store], options]);

test("where the private file system is denied, auto is IndexedDB, and a queue that asks for it is told why not", async (t) => {
  const { server, open } = await stage(t, browser, { [PATH]: { size: MIB } });
  const page = await open();
  assert.deepEqual(await openWithout(page, "opfs", { name: "auto" }), { storage: "indexeddb" });
  await run(page, server.origin + PATH, { options: { name: "auto" } });
  await statusIs(page, 0x140);
  assert.equal(await hash(page, { name: "auto" }), server.file(PATH).sha256());
  const { code, message } = await openWithout(page, "opfs", { name: "opfs", storage: "opfs" });
  assert.equal(code, "QM_E_SERVICE_UNAVAILABLE");
  assert.match(message, /private file system.*not in this test/);
});

test("where there is no database, a queue cannot be opened, and the error says why", async (t) => {
  const { open } = await stage(t, browser);
  const { code, message } = await openWithout(await open(), "indexeddb", {});
  assert.equal(code, "QM_E_SERVICE_UNAVAILABLE");
  assert.match(message, /IndexedDB.*not in this test/);
});

test("a queue in memory fetches, resumes and hands out its files, and is gone after a reload", async (t) => {
  const { server, open } = await stage(t, browser, { [PATH]: { size: 2 * MIB, steps: [{ cutAfter: MIB }] } });
  const page = await open();
  const options = { storage: "memory", retry: { minimumDelay: 50, maximumDelay: 200 } };
  const id = await run(page, server.origin + PATH, { options });
  await statusIs(page, 0x140);
  assert.equal(await hash(page, options), server.file(PATH).sha256());
  assert.match(server.log.gets(PATH)[1].range, /^bytes=[1-9]/);
  await page.reload();
  const { code } = await failure(page, ([id, options]) => lab.find(id, options), [id, options]);
  assert.equal(code, "QM_E_ITEM_NOT_FOUND");
});

if (engine.keepsProfiles) {
  overEachStore("a browser that is killed finds its group running, and asks only for what is missing", async (t, storage) => {
    const profile = await mkdtemp(join(tmpdir(), "qmgr-engines-"));
    const started = [];
    const start = async () => {
      started.push(await Browser.start(profile));
      return started.at(-1);
    };
    t.after(async () => {
      await Promise.all(started.map((browser) => browser.close()));
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    });
    const killed = await start();
    const { server } = await stage(t, browser, { [PATH]: HALF });
    const page = await killed.open(`${server.origin}/blank`);
    const id = await run(page, server.origin + PATH, { options: { storage } });
    await checkpoint(page);
    await killed.kill();
    const again = await (await start()).open(`${server.origin}/blank`);
    await again.evaluate((id) => lab.find(id), id);
    assert.equal(await storageOf(again), storage);
    await statusIs(again, 0x140);
    assert.equal(server.log.gets(PATH).at(-1).range, `bytes=${2 * MIB}-`);
    assert.equal(await hash(again), server.file(PATH).sha256());
  });
}
