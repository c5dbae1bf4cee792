/** What proves a file's version to a page of another origin, and what its requests can fail of, in a real browser. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../server/server.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const LOCAL = "/a.bin";
const SIZE = 1_000_000;
/** Where the server cuts; less may have reached the page's disk. */
const CUT = 400_000;
const OVERLAP = 65_536;
const OPTIONS = { resume: "likely", retry: { minimumDelay: 50, maximumDelay: 200 } };
/** The browser's own words on what these tests are about. */
const EXPECTED = [/CORS policy/, /ERR_/];

let server;
before(async () => {
  server = await startServer({ mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
});
after(() => server.close());

/** A page, and a file of another origin. */
async function stage(t, path, script, options = OPTIONS) {
  const file = server.put(path, { size: SIZE, ...script });
  const page = await visit(t, `${server.origin}/blank`, { expected: EXPECTED, prelude: fileURLToPath(new URL("in-page.js", import.meta.url)), onDisk: true });
  return { file, page, ...steps(page, options), ...log(path) };
}

function steps(page, options) {
  return {
    async run(remoteFile) {
      await page.evaluate(([file, options]) => lab.make([file], options), [{ remoteFile, localFile: LOCAL }, options]);
      await page.evaluate(() => lab.group.resumeGroup());
    },
    finished: () => page.evaluate(() => lab.group.finished()),
    /** What `finished()` rejects with. */
    failure: () => page.evaluate(() => lab.group.finished().then(
      () => assert.fail("it finished"),
      ({ hresult, message, fileIndex, httpStatus }) => ({ hresult, message, fileIndex, httpStatus }),
    )),
    details: () => page.evaluate(() => lab.group.getDetails()),
    progress: () => page.evaluate(() => lab.progress()),
    hash: () => page.evaluate(([localFile, options]) => lab.hash(localFile, options), [LOCAL, options]),
  };
}

function log(path) {
  return { asked: () => server.log.entries(path).map(({ method, range }) => (method === "GET" ? range : method)) };
}

/** That a range begins one overlap before what was kept of a body that was cut. */
function assertOverlapping(range) {
  const start = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
  assert.ok(start > 0 && start <= CUT - OVERLAP, `${range} begins before what is kept`);
}

test("with the range and the tag hidden, an equal overlap is taken for the proof", async (t) => {
  const { run, finished, hash, file, asked } = await stage(t, "/hidden", { cors: true, steps: [{}, { cutAfter: CUT }] });
  await run(`${server.crossOrigin}/hidden`);
  await finished();
  assert.equal(await hash(), file.sha256());
  const [first, whole, rest, ...more] = asked();
  assert.deepEqual([first, whole, more], ["bytes=0-", null, []]);
  assertOverlapping(rest);
});

test("with the tag alone hidden it is the same, and proof says likely", async (t) => {
  const script = { cors: { expose: ["Content-Range"] }, steps: [{ stallAfter: CUT }] };
  const { page, run, finished, hash, progress, file, asked } = await stage(t, "/untagged", script);
  await run(`${server.crossOrigin}/untagged`);
  await until("the stall", async () => (await progress()).bytesDone === CUT);
  await page.evaluate(() => lab.group.suspendGroup());
  await until("what was received is durable", async () => (await progress()).proof === "likely");
  await page.evaluate(() => lab.group.resumeGroup());
  await finished();
  assert.equal(await hash(), file.sha256());
  assert.deepEqual(asked(), ["bytes=0-", `bytes=${CUT - OVERLAP}-`]);
});

test("another version of equal length and date is fetched anew", async (t) => {
  const lastModified = new Date(Date.UTC(2020, 0, 1)).toUTCString();
  const script = { cors: { expose: ["Content-Range"] }, lastModified, steps: [{ cutAfter: CUT }], version: 1 };
  const { run, finished, hash, file, asked } = await stage(t, "/changed", script);
  const cut = server.log.until(({ path, end }) => path === "/changed" && end === "cut");
  await run(`${server.crossOrigin}/changed`);
  await cut;
  file.update({ version: 2 });
  await finished();
  assert.equal(await hash(), file.sha256(2));
  const [, compared, anew] = asked();
  assertOverlapping(compared);
  assert.equal(anew, "bytes=0-");
});

test("unless it is asked for, nothing is likely", async (t) => {
  const script = { cors: { expose: ["Content-Range"] }, steps: [{ stallAfter: CUT }] };
  const { page, run, finished, hash, progress, file, asked } = await stage(t, "/proven", script, { retry: OPTIONS.retry });
  await run(`${server.crossOrigin}/proven`);
  await until("the stall", async () => (await progress()).bytesDone === CUT);
  await page.evaluate(() => lab.group.suspendGroup());
  assert.equal((await progress()).proof, null);
  await page.evaluate(() => lab.group.resumeGroup());
  await finished();
  assert.equal(await hash(), file.sha256());
  assert.deepEqual(asked(), ["bytes=0-", "bytes=0-"]);
});

test("a redirect is followed to what answers, whose validator counts", async (t) => {
  const { page, run, finished, hash, progress } = await stage(t, "/unused", {});
  const there = { size: SIZE, etag: '"same"', cors: { expose: ["ETag", "Content-Range"] } };
  const first = server.put("/there/a", { ...there, steps: [{ stallAfter: CUT }] });
  server.put("/moved", { redirect: `${server.crossOrigin}/there/a` });
  await run(`${server.origin}/moved`);
  await until("the stall", async () => (await progress()).bytesDone === CUT);
  await page.evaluate(() => lab.group.suspendGroup());
  assert.equal((await progress()).proof, "etag");
  await page.evaluate(() => lab.group.resumeGroup());
  await finished();
  assert.equal(await hash(), first.sha256());
  const sent = server.log.gets("/there/a").map(({ range, ifRange }) => [range, ifRange]);
  assert.deepEqual(sent, [["bytes=0-", null], [`bytes=${CUT}-`, null]], "If-Range would cost a preflight there");
});

test("a redirect that leads elsewhere meanwhile leads to another file, in spite of its tag", async (t) => {
  const { page, run, finished, hash, progress } = await stage(t, "/unused", {});
  const there = { size: SIZE, etag: '"same"', cors: { expose: ["ETag", "Content-Range"] } };
  server.put("/elsewhere/a", { ...there, steps: [{ stallAfter: CUT }] });
  const second = server.put("/elsewhere/b", there);
  const moved = server.put("/moving", { redirect: `${server.crossOrigin}/elsewhere/a` });
  await run(`${server.origin}/moving`);
  await until("the stall", async () => (await progress()).bytesDone === CUT);
  await page.evaluate(() => lab.group.suspendGroup());
  moved.update({ redirect: `${server.crossOrigin}/elsewhere/b` });
  await page.evaluate(() => lab.group.resumeGroup());
  await finished();
  assert.equal(await hash(), second.sha256());
  assert.deepEqual(server.log.gets("/elsewhere/b").map(({ range }) => range), [`bytes=${CUT}-`, "bytes=0-"]);
});

test("a server that does not let the page read its answers is an error that says CORS", async (t) => {
  const { run, failure, asked } = await stage(t, "/closed", { cors: false });
  await run(`${server.crossOrigin}/closed`);
  const { hresult, message, fileIndex, httpStatus } = await failure();
  assert.deepEqual({ hresult, fileIndex, httpStatus }, { hresult: 0x80070005, fileIndex: 0, httpStatus: 0 });
  assert.match(message, /CORS/);
  // What may be chance is looked into once more after a delay.
  assert.deepEqual(asked(), ["bytes=0-", null, "HEAD", "bytes=0-", null, "HEAD"]);
});

test("a dead server is waited for", async (t) => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address();
  gone.close();
  const { page, run, details } = await stage(t, "/unused", {}, { retry: { minimumDelay: 60_000 } });
  await run(`http://127.0.0.1:${port}/a.bin`);
  await until("the wait", async () => (await details()).wait);
  const { state, wait } = await details();
  assert.deepEqual([state, wait.reason, wait.lastError.code], ["waiting", "backoff", "BG_E_CONNECT_FAILURE"]);
  await page.evaluate(() => lab.group.cancelGroup());
});

test("a URL that is none for the browser is an error", async (t) => {
  const { run, failure } = await stage(t, "/unused", {});
  await run("http://256.256.256.256/a.bin");
  const { hresult, message } = await failure();
  assert.equal(hresult, 0x80072ee5);
  assert.match(message, /256\.256\.256\.256/);
});

test("a port that the browser blocks is an error", async (t) => {
  const { run, failure } = await stage(t, "/unused", {});
  await run("http://127.0.0.1:6667/a.bin");
  const { hresult, message } = await failure();
  assert.equal(hresult, 0x80072ee5);
  assert.match(message, /port/);
});

test("an answer that is stored compressed is fetched without a range, and decoded", async (t) => {
  const { run, finished, hash, file, asked } = await stage(t, "/stored", { cors: true, encoding: "gzip-always", ranges: "ignore" });
  await run(`${server.crossOrigin}/stored`);
  await finished();
  assert.equal(await hash(), file.sha256());
  assert.deepEqual(asked(), ["bytes=0-", null]);
});
