/** The engine against servers that change their file, or give no proof of what it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../server/server.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const MIB = 1 << 20;
const PATH = "/file.bin";
const LOCAL = "/data/file.bin";
const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const NETWORK = [/Failed to load resource/];

/** A scripted file, fetched to the end by one group. Resolves with how it ended. */
async function fetched(t, script, { from = "origin", limit = 60_000 } = {}) {
  const server = await startServer({ files: { [PATH]: script }, mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
  const prelude = fileURLToPath(new URL("in-page.js", import.meta.url));
  const page = await visit(t, `${server.origin}/blank`, { prelude, expected: NETWORK, onDisk: true, servers: [server] });
  await page.evaluate(async ([remoteFile, localFile]) => {
    await lab.make([{ remoteFile, localFile }], { retry: { minimumDelay: 100, maximumDelay: 500 } });
    await lab.group.resumeGroup();
  }, [server[from] + PATH, LOCAL]);
  const status = await until("the end", async () => {
    const word = await page.evaluate(() => lab.status());
    return word !== 0x080 && word;
  }, limit);
  return {
    status,
    requests: server.log.gets(PATH),
    file: server.file(PATH),
    hash: status === 0x140 ? await page.evaluate((localFile) => lab.hash(localFile), LOCAL) : null,
  };
}

test("a cut connection is continued where it ended, with If-Range on the strong ETag", async (t) => {
  const { hash, file, requests } = await fetched(t, { size: 8 * MIB, steps: [{ cutAfter: 3 * MIB }] });
  assert.equal(hash, file.sha256());
  assert.match(requests[1].range, /^bytes=[1-9]/);
  assert.match(requests[1].ifRange, /^"/);
  assert.equal(requests[1].status, 206);
});

test("a file that changes while it is fetched is never mixed", async (t) => {
  const { hash, file } = await fetched(t, { size: 8 * MIB, version: 2, steps: [{ version: 1, cutAfter: 3 * MIB }] });
  assert.equal(hash, file.sha256(2));
});

test("nor where the server ignores If-Range", async (t) => {
  const { hash, file } = await fetched(t, { size: 8 * MIB, version: 2, ifRange: "ignore", steps: [{ version: 1, cutAfter: 3 * MIB }] });
  assert.equal(hash, file.sha256(2));
});

test("a weak ETag is no proof: the file starts again in full", async (t) => {
  const { hash, file, requests } = await fetched(t, { size: 8 * MIB, etag: "weak", steps: [{ cutAfter: 3 * MIB }] });
  assert.equal(hash, file.sha256());
  assert.ok(requests.every(({ ifRange }) => !ifRange?.startsWith("W/")));
  assert.equal(requests.at(-1).range, "bytes=0-");
});

test("a server that ignores ranges gives the whole file, once more after a cut", async (t) => {
  const { hash, file } = await fetched(t, { size: 8 * MIB, ranges: "ignore", steps: [{ cutAfter: 3 * MIB }] });
  assert.equal(hash, file.sha256());
});

test("another origin is never sent If-Range, and its exposed ETag is proof enough", async (t) => {
  const script = { size: 8 * MIB, cors: { expose: ["ETag", "Content-Range"] }, steps: [{ cutAfter: 3 * MIB }] };
  const { hash, file, requests } = await fetched(t, script, { from: "crossOrigin" });
  assert.equal(hash, file.sha256());
  assert.ok(requests.every(({ ifRange }) => ifRange === null));
});

test("an answer that says less than it sends, or more, never becomes a file of another length", async (t) => {
  for (const ranges of ["wrong-total", "garbled", "backwards", "other-unit"]) {
    await t.test(ranges, async (t) => {
      const { status, hash, file } = await fetched(t, { size: MIB, steps: [{ cutAfter: MIB / 2 }, { ranges }, { ranges }] });
      assert.ok(status === 0x380 || hash === file.sha256(), `0x${status.toString(16)}`);
    });
  }
});
