/** Files served by a service worker, in a real browser: both builds, both places where bytes are kept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bytesOf } from "../server/content.mjs";
import { startServer } from "../server/server.mjs";
import { PKG, visit } from "./visit.mjs";

const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const SIZE = 9 << 20;
const LOCAL = "/films/a b.bin";
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
  const page = await visit(t, `${server.origin}/blank`, { prelude: PRELUDE, expected: [/ERR_/, /40[456]|41[26]|50[04]/] });
  t.after(close);
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
