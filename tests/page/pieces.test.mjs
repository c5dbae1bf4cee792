/** One file over several connections, in a real browser against the scripted server, which counts what is asked for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../server/server.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const MIB = 1 << 20;
const SIZE = 24 * MIB;
const LOCAL = "/a.bin";
/** Slow enough that all connections are there before one is done. */
const RATE = 3 * MIB;

let server;
before(async () => {
  server = await startServer({ mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
});
after(() => server.close());

/** A page, a file, and a group for it that runs. */
async function stage(t, path, script, options) {
  const file = server.put(path, { size: SIZE, bytesPerSecond: RATE, ...script });
  const page = await visit(t, `${server.origin}/blank`, { expected: [/ERR_/, /50[03]/], prelude: fileURLToPath(new URL("in-page.js", import.meta.url)), onDisk: true });
  await page.evaluate(([file, options]) => lab.make([file], options), [{ remoteFile: server.origin + path, localFile: LOCAL }, options]);
  await page.evaluate(() => lab.group.resumeGroup());
  return {
    file,
    page,
    finished: () => page.evaluate(() => lab.group.finished()),
    progress: () => page.evaluate(() => lab.progress()),
    hash: () => page.evaluate(([localFile, options]) => lab.hash(localFile, options), [LOCAL, options]),
    requests: () => server.log.entries(path),
  };
}

const starts = (requests) => requests.map(({ range }) => Number(/^bytes=(\d+)-/.exec(range)[1]));

/** How many others were open when a request came; one that was about to be closed is not counted. */
const beside = (requests, { at }) => requests.filter((other) => other.at < at && !(other.closedAt <= at + 1000)).length;

for (const storage of ["opfs", "indexeddb"]) {
  test(`four connections fetch what one would, and no byte is asked for twice (${storage})`, async (t) => {
    const options = { storage, connections: { perFile: 4 } };
    const { finished, hash, progress, file, requests } = await stage(t, `/four-${storage}`, {}, options);
    await until("a piece map with gaps", async () => (await progress()).ranges.length > 1);
    await finished();
    assert.equal(await hash(), file.sha256());
    const asked = requests();
    const [first, ...others] = asked;
    assert.equal(first.range, "bytes=0-");
    assert.ok(others.length >= 3 && others.length < 40, `${others.length} requests for a piece`);
    assert.ok(others.every(({ status, ifRange }) => status === 206 && ifRange !== null), "each proves its version");
    assert.equal(new Set(starts(asked)).size, asked.length, "no two begin at one byte");
    assert.ok(asked.every((request) => beside(asked, request) < 4), "at most four at a time");
    const sent = asked.reduce((sum, entry) => sum + entry.sent, 0);
    assert.ok(sent >= SIZE && sent < 1.5 * SIZE, `${sent} bytes were sent`);
  });
}

test("another version in the second answer makes all of it anew", async (t) => {
  const options = { connections: { perFile: 4 } };
  const { finished, hash, file, requests } = await stage(t, "/changes", { version: 2, steps: [{ version: 1 }] }, options);
  await finished();
  assert.equal(await hash(), file.sha256(2));
  const whole = requests().filter(({ range }) => range === "bytes=0-");
  assert.deepEqual(whole.map(({ version }) => version), [1, 2]);
});

test("a server that refuses the second connection is served from by the first", async (t) => {
  const options = { connections: { perFile: 4 } };
  const script = { steps: [{}, { status: 503 }] };
  const { page, finished, hash, file, requests } = await stage(t, "/refuses", script, options);
  await finished();
  assert.equal(await hash(), file.sha256());
  assert.deepEqual(requests().map(({ status }) => status), [206, 503, 206]);
  assert.equal(await page.evaluate(() => lab.job().getStatus().numOfRetries), 0);
});
