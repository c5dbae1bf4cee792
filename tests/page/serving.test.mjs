/** Files served by a service worker, in a real browser: both builds, both places where bytes are kept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bytesOf } from "../server/content.mjs";
import { startServer } from "../server/server.mjs";
import { ScriptedFile } from "../../www/lab/server/file.js";
import { assertShows, makeFilm } from "./film.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const SIZE = 9 << 20;
const LOCAL = "/films/a b.bin";
/** Between two seconds of the film that is sought in. */
const GAP = 600_000;
const WORKERS = fileURLToPath(new URL("serving/", import.meta.url));
const PRELUDE = fileURLToPath(new URL("in-page.js", import.meta.url));

/** A page that a service worker controls, and its server, whose file `/a.bin` is of a version and a type of its own. */
async function stage(t, { build = "module", script = {} } = {}) {
  const files = { "/a.bin": { size: SIZE, type: "video/mp4", ...script } };
  const server = await startServer({ files, mounts: { "/pkg/": PKG, "/": WORKERS }, documents: { "/blank": BLANK } });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await server.close();
    isOpen = false;
  };
  const expected = [/ERR_/, /40[456]|41[26]|50[024]/];
  const page = await visit(t, `${server.origin}/blank`, { prelude: PRELUDE, expected, onDisk: true, servers: [{ close }] });
  await page.evaluate(async (build) => {
    const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    await navigator.serviceWorker.register(`/${build}-worker.js`, build === "module" ? { type: "module" } : {});
    await controlled;
  }, build);
  return { server, page, goOffline: close };
}

/** Fetches `/a.bin` to its name. */
function publish(page, server, options) {
  return page.evaluate(async ([remoteFile, localFile, options]) => {
    await lab.make([{ remoteFile, localFile }], options);
    await lab.group.resumeGroup();
    await lab.group.finished();
  }, [`${server.origin}/a.bin`, LOCAL, options]);
}

/** Asks the service worker: the status, some fields, and the body as a list of bytes if it is short, else its length and hash. */
function ask(page, { method = "GET", headers = {}, url = "/files/films/a%20b.bin" } = {}) {
  return page.evaluate(async ([url, method, headers]) => {
    const response = await fetch(url, { method, headers });
    const body = new Uint8Array(await response.arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      length: body.length,
      bytes: body.length < 100 ? Array.from(body) : null,
      text: body.length < 200 ? new TextDecoder().decode(body) : null,
      sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    };
  }, [url, method, headers]);
}

for (const build of ["module", "classic"]) {
  for (const storage of ["opfs", "indexeddb"]) {
    test(`a published file is served offline, whole and in parts (${build} script, ${storage})`, async (t) => {
      const { server, page, goOffline } = await stage(t, { build });
      await publish(page, server, { storage });
      const requests = server.log.entries("/a.bin").length;
      await goOffline();

      const whole = await ask(page);
      const { etag, "last-modified": modified } = whole.headers;
      assert.deepEqual([whole.status, whole.length, whole.sha256], [200, SIZE, server.file("/a.bin").sha256()]);
      assert.deepEqual([whole.headers["content-type"], whole.headers["content-length"], whole.headers["accept-ranges"]], ["video/mp4", String(SIZE), "bytes"]);
      const [stored] = await page.evaluate(async () => (await lab.queue()).listFiles());
      assert.deepEqual([etag, Date.parse(modified)], [stored.etag, stored.lastModified]);

      for (const [range, start, end] of [["bytes=0-0", 0, 1], [`bytes=${SIZE - 5}-`, SIZE - 5, SIZE], ["bytes=-7", SIZE - 7, SIZE], ["bytes=4194300-4194310", 4194300, 4194311]]) {
        const part = await ask(page, { headers: { range, "if-range": etag } });
        assert.deepEqual([part.status, part.headers["content-range"]], [206, `bytes ${start}-${end - 1}/${SIZE}`], range);
        assert.deepEqual(part.bytes, [...bytesOf("/a.bin", 1, start, end)], range);
      }
      const tail = await ask(page, { headers: { range: "bytes=1000-" } });
      assert.deepEqual([tail.status, tail.length], [206, SIZE - 1000]);

      const status = async (asked) => (await ask(page, asked)).status;
      assert.equal(await status({ headers: { range: "bytes=0-0", "if-range": '"another"' } }), 200);
      assert.equal(await status({ headers: { range: `bytes=${SIZE}-` } }), 416);
      assert.equal(await status({ headers: { "if-none-match": etag } }), 304);
      assert.equal(await status({ method: "POST" }), 405);
      const head = await ask(page, { method: "HEAD" });
      assert.deepEqual([head.status, head.length, head.headers["content-length"]], [200, 0, String(SIZE)]);
      assert.equal(server.log.entries("/a.bin").length, requests, "the network was not asked");
    });
  }
}

test("what is not under the prefix goes to the network, and a page of a served file is to run no script", async (t) => {
  const { server, page } = await stage(t, { script: { type: "text/html" } });
  await publish(page, server);
  assert.deepEqual(await page.evaluate(async () => (await fetch("/blank")).status), 200);
  assert.equal(server.log.entries("/a.bin").length, 1);
  const network = await ask(page, { url: "/a.bin" });
  assert.equal(network.sha256, server.file("/a.bin").sha256());
  assert.equal(server.log.entries("/a.bin").length, 2);
  const { headers } = await ask(page, { method: "HEAD" });
  assert.deepEqual([headers["content-security-policy"], headers["x-content-type-options"]], ["sandbox", "nosniff"]);
});

test("a file that is deleted is not served any more, and a name that is none never was", async (t) => {
  const { server, page } = await stage(t);
  await publish(page, server);
  assert.equal((await ask(page)).status, 200);
  await page.evaluate(async (localFile) => (await lab.queue()).deleteFile(localFile), LOCAL);
  assert.equal((await ask(page)).status, 404);
  for (const url of ["/files/", "/files/a%2Fb", "/files/none.bin"]) assert.equal((await ask(page, { url })).status, 404, url);
});

/** Begins to fetch a file over one connection, and returns while most of it is missing. */
async function begin(page, remoteFile, { localFile = LOCAL, ...options } = {}) {
  await page.evaluate(([file, options]) => lab.make([file], options), [{ remoteFile, localFile }, { connections: { perFile: 1 }, ...options }]);
  await page.evaluate(() => lab.group.resumeGroup());
  await until("the first bytes", async () => (await page.evaluate(() => lab.progress())).bytesDone > 0);
}

const starts = (requests) => requests.map(({ range }) => Number(/^bytes=(\d+)-/.exec(range)[1]));

for (const storage of ["opfs", "indexeddb"]) {
  test(`parts of a file that is being fetched are answered as they come, those that are asked for first (${storage})`, async (t) => {
    const { server, page } = await stage(t, { script: { bytesPerSecond: 1 << 20 } });
    await begin(page, `${server.origin}/a.bin`, { storage });
    const far = 8 << 20;
    const part = await ask(page, { headers: { range: `bytes=${far}-${far + 9}` } });
    assert.deepEqual([part.status, part.headers["content-range"], part.headers["content-type"]], [206, `bytes ${far}-${far + 9}/${SIZE}`, "video/mp4"]);
    assert.deepEqual(part.bytes, [...bytesOf("/a.bin", 1, far, far + 10)]);
    assert.deepEqual(starts(server.log.entries("/a.bin")), [0, far], "the server was asked for it before the rest");
    const { bytesDone } = await page.evaluate(() => lab.progress());
    assert.ok(bytesDone < SIZE / 2, `${bytesDone} bytes were there`);

    const open = await ask(page, { headers: { range: "bytes=100-" } });
    assert.deepEqual([open.status, open.length], [206, 4 << 20], "an answer that may take long is a shorter part");
    assert.equal(open.headers["content-range"], `bytes 100-${(4 << 20) + 99}/${SIZE}`);

    // It is moved to its name while it is read.
    const whole = await ask(page);
    assert.deepEqual([whole.status, whole.length, whole.sha256], [200, SIZE, server.file("/a.bin").sha256()]);
    await page.evaluate(() => lab.group.finished());
    assert.equal((await ask(page)).sha256, whole.sha256);
    const { etag } = part.headers;
    assert.equal((await ask(page, { headers: { range: "bytes=0-0", "if-range": etag } })).status, 206, "the version is the same");
    const sent = server.log.entries("/a.bin").reduce((sum, entry) => sum + entry.sent, 0);
    assert.ok(sent < 2 * SIZE, `${sent} bytes were sent`);
  });
}

test("a body ends in an error when its group is cancelled, and when its file changes on the server", async (t) => {
  const { server, page } = await stage(t, { script: { bytesPerSecond: 1 << 20 } });
  const beginToRead = () => page.evaluate(async () => {
    const response = await fetch("/files/films/a%20b.bin");
    const reader = response.body.getReader();
    await reader.read();
    globalThis.rest = (async () => {
      while (!(await reader.read()).done);
      return "whole";
    })().catch((error) => error.name);
  });
  const cancel = () => page.evaluate(() => lab.group.cancelGroup());
  const change = async () => {
    await page.evaluate(() => lab.group.suspendGroup());
    server.file("/a.bin").update({ version: 2 });
    await page.evaluate(() => lab.group.resumeGroup());
  };
  for (const act of [cancel, change]) {
    await begin(page, `${server.origin}/a.bin`);
    await beginToRead();
    await act();
    assert.equal(await page.evaluate(() => rest), "TypeError", act.name);
  }
});

test("a file that nobody fetches, whose server fails or that has no engine, is told apart", async (t) => {
  const { server, page } = await stage(t);
  server.put("/gone.bin", { status: 404 });
  const nobody = await ask(page);
  assert.deepEqual([nobody.status, /no page has the queue open/.test(nobody.text)], [504, true]);
  await page.evaluate(([file]) => lab.make([file]), [{ remoteFile: `${server.origin}/gone.bin`, localFile: LOCAL }]);
  const waiting = await ask(page);
  assert.deepEqual([waiting.status, /not answered yet/.test(waiting.text)], [504, true], waiting.text);
  await page.evaluate(() => lab.group.resumeGroup().then(() => lab.group.finished().catch(() => {})));
  const failed = await ask(page);
  assert.deepEqual([failed.status, /404/.test(failed.text)], [502, true], failed.text);
  assert.equal((await ask(page, { url: "/files/other.bin" })).status, 404);
});

/** A page with a film that has begun to come, and a `<video>` of it: `film` is the element. */
async function screen(t, { gap, bytesPerSecond, storage }) {
  const { server, page } = await stage(t);
  const film = await makeFilm(page, { seconds: 20, gap });
  const size = film.length;
  const bytes = { bytesOf: (_seed, _version, start, end) => film.subarray(start, end) };
  server.files.set("/film.webm", new ScriptedFile("/film.webm", { size, type: "video/webm", bytesPerSecond }, bytes));
  await begin(page, `${server.origin}/film.webm`, { localFile: "/film.webm", storage });
  await page.evaluate(() => {
    globalThis.film = Object.assign(document.createElement("video"), { muted: true, preload: "auto", src: "/files/film.webm" });
    document.body.append(film);
    globalThis.event = (name) => new Promise((resolve, reject) => {
      film.addEventListener(name, resolve, { once: true });
      film.addEventListener("error", () => reject(new Error(film.error.message)), { once: true });
    });
    return event("loadedmetadata");
  });
  return { server, page, size };
}

test("a film is played to its end while it comes", async (t) => {
  const { page } = await screen(t, { gap: () => GAP, bytesPerSecond: 3 << 20 });
  const played = await page.evaluate(async () => {
    const ended = event("ended");
    film.playbackRate = 8;
    await film.play();
    await ended;
    return film.currentTime;
  });
  assert.ok(played > 19, `it ended after ${played} s`);
});

for (const storage of ["opfs", "indexeddb"]) {
  test(`a film is sought in before the download has come there, and shows what belongs there (${storage})`, async (t) => {
    const gap = (second) => (second < 10 ? 1_000 : GAP);
    const { server, page, size } = await screen(t, { gap, bytesPerSecond: 200_000, storage });
    for (const second of [18, 14]) await assertShows(page, second);
    const { ranges, bytesDone } = await page.evaluate(() => lab.progress());
    assert.ok(bytesDone < size * 0.75 && ranges.length > 1, `${bytesDone} of ${size} bytes were there: ${JSON.stringify(ranges)}`);
    // Where the film's index lies, and the two seconds.
    for (const [from, to] of [[size - 50_000, size], [8 * GAP, 9 * GAP + 20_000], [4 * GAP, 5 * GAP + 20_000]]) {
      const asked = starts(server.log.entries("/film.webm"));
      assert.ok(asked.some((start) => start >= from && start < to), `no request began from ${from} to ${to}: ${asked}`);
    }
  });
}
