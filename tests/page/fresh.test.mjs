/** Signed URLs and header fields, which a page gives before each request: against a server that refuses all others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../server/server.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const MIB = 1 << 20;
const PATH = "/file.bin";
const LOCAL = "/data/file.bin";
const SECRET = "hush-hush";
const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const REFUSED = [/Failed to load resource/];

/** A signed file, and a page that can sign with `lab.signing()`: options for `lab.make` and `lab.queue`. */
async function stage(t, script, { expected } = {}) {
  const files = { [PATH]: { size: 8 * MIB, signed: true, ...script } };
  const server = await startServer({ files, mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
  t.after(() => server.close());
  const prelude = fileURLToPath(new URL("in-page.js", import.meta.url));
  const page = await visit(t, `${server.origin}/blank`, { prelude, expected, onDisk: true });
  const context = page.context();
  await context.addInitScript((secret) => {
    lab.asked = [];
    const retry = { minimumDelay: 100, maximumDelay: 100 };
    lab.signing = (connections = { perFile: 1 }) => ({ retry, connections, async onRequest(request) {
      lab.asked.push(request);
      return { url: `${request.remoteFile}?until=${Date.now() + 60_000}&n=${lab.asked.length}&key=${secret}` };
    } });
    lab.signingInHeaders = () => ({ retry, onRequest: () => ({ headers: { "X-Until": `${Date.now() + 60_000}`, "X-Key": secret } }) });
  }, SECRET);
  await page.reload();
  const requests = () => server.log.gets(PATH);
  return { server, context, page, requests, file: server.file(PATH), url: server.origin + PATH };
}

const make = (page, url, signing = "signing") => page.evaluate(async ([remoteFile, localFile, signing]) => {
  const id = await lab.make([{ remoteFile, localFile }], lab[signing]());
  await lab.group.resumeGroup();
  return id;
}, [url, LOCAL, signing]);

const finished = (page) => page.evaluate(() => lab.group.finished().then(() => {}));
const hash = (page) => page.evaluate((localFile) => lab.hash(localFile), LOCAL);
const details = (page) => page.evaluate(() => lab.group.getDetails());
const arrived = (page, bytes) => until(`${bytes} bytes`, async () => (await details(page)).bytesDone >= bytes);
const statuses = (requests) => requests().map(({ status }) => status);

/** Whether a text stands anywhere in the page's databases. */
const isStored = (page, text) => page.evaluate(async (text) => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const textOf = (value) => {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return new TextDecoder("latin1").decode(value);
    if (typeof value === "object" && value !== null) return Object.entries(value).map(([key, inner]) => key + textOf(inner)).join("\n");
    return String(value);
  };
  let all = "";
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store);
      all += textOf(await done(rows.getAll())) + textOf(await done(rows.getAllKeys()));
    }
    database.close();
  }
  if (!all.includes("file.bin")) throw new Error("the records were not found");
  return all.includes(text);
}, text);

test("each request is signed anew, a cut is continued, and no secret is stored or told", async (t) => {
  const { page, requests, file, url } = await stage(t, { steps: [{ cutAfter: 3 * MIB }] });
  await make(page, url);
  await until("the cut", async () => requests().length > 1 || (await details(page)).wait !== null);
  assert.equal(await isStored(page, SECRET), false);
  await finished(page);
  assert.equal(await hash(page), file.sha256());
  assert.deepEqual(statuses(requests), [206, 206]);
  assert.match(requests()[1].range, /^bytes=[1-9]/);
  assert.match(requests()[1].ifRange, /^"/);
  assert.equal(await isStored(page, SECRET), false);
  const [first, second, ...more] = await page.evaluate(() => lab.asked);
  assert.deepEqual([first.remoteFile, first.localFile, first.fileIndex], [url, LOCAL, 0]);
  assert.deepEqual([second, more], [first, []]);
  const told = await page.evaluate(async () => JSON.stringify([lab.group.getDetails(), lab.job().getFile(0), lab.job().getFileDetails(0), await (await lab.queue()).listFiles()]));
  assert.ok(!told.includes(SECRET), told);
});

test("header fields go to another origin that allows them", async (t) => {
  const { server, page, requests, file } = await stage(t, { cors: { expose: ["ETag", "Content-Range"] }, steps: [{ cutAfter: 3 * MIB }] });
  await make(page, server.crossOrigin + PATH, "signingInHeaders");
  await finished(page);
  assert.equal(await hash(page), file.sha256());
  assert.deepEqual(statuses(requests), [206, 206]);
  assert.equal(await isStored(page, SECRET), false);
});

test("after a reload in the middle no request goes out before the page signs it", async (t) => {
  const { page, requests, file, url } = await stage(t, { bytesPerSecond: 2 * MIB });
  const id = await make(page, url);
  await arrived(page, 4 * MIB);
  await page.reload();
  await page.evaluate((id) => lab.find(id), id);
  await until("the request waits", async () => (await details(page)).state === "connecting");
  assert.equal(requests().length, 1);
  await page.evaluate(() => lab.queue(lab.signing()).then(() => {}));
  await finished(page);
  assert.equal(await hash(page), file.sha256());
  assert.deepEqual(statuses(requests), [206, 206]);
  assert.match(requests()[1].range, /^bytes=[1-9]/);
});

test("a second tab takes over and signs", async (t) => {
  const { context, page, requests, file, url } = await stage(t, { bytesPerSecond: 2 * MIB });
  const id = await make(page, url);
  await arrived(page, 2 * MIB);
  const second = await context.newPage();
  await second.goto(page.url());
  await second.evaluate(async (id) => {
    await lab.queue(lab.signing());
    await lab.find(id);
  }, id);
  await page.close();
  await finished(second);
  assert.equal(await hash(second), file.sha256());
  assert.ok(requests().length >= 2 && statuses(requests).every((status) => status === 206), JSON.stringify(statuses(requests)));
  assert.ok(await second.evaluate(() => lab.asked.length) >= 1);
});

test("a tab that signs serves the engine of another that does not", async (t) => {
  const { context, page, requests, file, url } = await stage(t, {});
  await page.evaluate(() => lab.queue().then(() => {}));
  const second = await context.newPage();
  await second.goto(page.url());
  await make(second, url);
  await finished(second);
  assert.equal(await page.evaluate(async () => (await lab.queue()).role), "active");
  assert.equal(await hash(second), file.sha256());
  assert.deepEqual(statuses(requests), [206]);
});

test("a page that cannot sign says so, nothing is requested, and the next attempt asks again", async (t) => {
  const { page, requests, file, url } = await stage(t, {});
  await page.evaluate(() => {
    lab.answers = [() => { throw new RangeError("hush-hush"); }, () => ({ url: "/relative?hush-hush" }), () => ({ headers: { Range: "bytes=5-" } }), () => 7, () => ({ url: 7 }), () => ({ headers: 7 })];
    const sign = lab.signing().onRequest;
    lab.unsure = () => ({ retry: { minimumDelay: 100, maximumDelay: 100 }, onRequest: (request) => (lab.answers.shift() ?? sign)(request) });
    lab.reasons = new Set();
  });
  await page.evaluate(async ([remoteFile, localFile]) => {
    await lab.make([{ remoteFile, localFile }], lab.unsure());
    lab.group.addEventListener("progress", () => {});
    const queue = await lab.queue();
    queue.addEventListener("change", () => {
      const error = lab.group.getDetails().wait?.lastError;
      if (error) lab.reasons.add(`${error.code} ${error.message}`);
    });
    await lab.group.resumeGroup();
  }, [url, LOCAL]);
  await finished(page);
  assert.deepEqual(await page.evaluate(() => [...lab.reasons]), [
    "it threw RangeError", "its url is no absolute http or https URL", "it sets a header that is the engine's or the browser's",
    "it is no object", "its url is no URL", "its headers are no header fields",
  ].map((reason) => `E_FAIL onRequest gave no request: ${reason}`));
  assert.equal(await hash(page), file.sha256());
  assert.deepEqual(statuses(requests), [206]);
  assert.equal(await isStored(page, SECRET), false);
});

test("without a page that signs, the stored request is refused and the error says what is missing", async (t) => {
  const { page, url } = await stage(t, {}, { expected: REFUSED });
  await page.evaluate(async ([remoteFile, localFile]) => {
    const queue = await lab.queue({ onRequest: () => null });
    await lab.make([{ remoteFile, localFile }]);
    await lab.group.resumeGroup();
    return queue.name;
  }, [url, LOCAL]);
  const { error } = await until("the error", async () => {
    const now = await details(page);
    return now.error !== null && now;
  });
  assert.deepEqual([error.httpStatus, error.message], [403, "the server answered 403"]);
});
