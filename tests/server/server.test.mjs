import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { bytesOf } from "./content.mjs";
import { fault, faultNames, rulesOf, scriptFrom } from "./faults.mjs";
import { startServer } from "./server.mjs";

let server;
let directory;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "scripted-"));
  await writeFile(join(directory, "module.wasm"), "");
  await writeFile(join(directory, "index.html"), "<title>page</title>");
  server = await startServer({ mounts: { "/": directory } });
});

after(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function get(path, headers = {}, options = {}) {
  const response = await fetch(server.origin + path, { headers, ...options });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

/** One request written and one answer read as bare text, where `fetch` would tidy up. */
async function bare(path, headers = "") {
  const socket = connect(Number(new URL(server.origin).port), "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`);
  return text(socket.setEncoding("latin1"));
}

test("any part of a file has the bytes that the whole has there", () => {
  const whole = bytesOf("a", 1, 0, 5000);
  assert.deepEqual(bytesOf("a", 1, 1234, 4321), whole.subarray(1234, 4321));
  assert.notDeepEqual(bytesOf("a", 2, 0, 5000), whole);
  assert.equal(bytesOf("a", 1, 40e9, 40e9 + 10).length, 10);
});

test("a whole file has the announced hash, length and validators", async () => {
  const file = server.put("/whole", { size: 300_000 });
  const { response, bytes } = await get("/whole");
  assert.equal(response.status, 200);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), file.sha256());
  assert.equal(response.headers.get("content-length"), "300000");
  assert.match(response.headers.get("etag"), /^"/);
  assert.ok(Date.parse(response.headers.get("date")) > Date.parse(response.headers.get("last-modified")) + 1000);
});

test("a range is honoured while If-Range matches and only then", async () => {
  const file = server.put("/ranged", { size: 1000 });
  const first = await get("/ranged", { Range: "bytes=0-" });
  assert.equal(first.response.status, 206);
  const condition = { Range: "bytes=400-", "If-Range": first.response.headers.get("etag") };
  const rest = await get("/ranged", condition);
  assert.equal(rest.response.headers.get("content-range"), "bytes 400-999/1000");
  assert.deepEqual(rest.bytes, first.bytes.subarray(400));
  file.update({ version: 2 });
  const changed = await get("/ranged", condition);
  assert.equal(changed.response.status, 200);
  assert.equal(changed.bytes.length, 1000);
  file.update({ ifRange: "ignore" });
  assert.equal((await get("/ranged", condition)).response.status, 206);
  assert.equal((await get("/ranged", { Range: "bytes=1000-" })).response.headers.get("content-range"), "bytes */1000");
});

test("ranges are ignored, capped or answered wrongly by script", async () => {
  const asked = { Range: "bytes=100-" };
  const answers = {
    ignore: [200, null], refuse: [416, "bytes */1000"], "refuse-bare": [416, null], shift: [206, "bytes 101-999/1000"],
    "wrong-total": [206, "bytes 100-999/1001"], "star-total": [206, "bytes 100-999/*"], bare: [206, null],
    garbled: [206, "bytes of some kind"], "other-unit": [206, "items 100-999/1000"], backwards: [206, "bytes 1000-100/1000"],
    unasked: [206, "bytes 0-499/1000"],
  };
  for (const [ranges, expected] of Object.entries(answers)) {
    server.put("/odd", { size: 1000, ranges });
    const { response } = await get("/odd", asked);
    assert.deepEqual([response.status, response.headers.get("content-range")], expected, ranges);
  }
  server.put("/odd", { size: 1000, ranges: { cap: 50 } });
  assert.equal((await get("/odd", asked)).response.headers.get("content-range"), "bytes 100-149/1000");
  server.put("/odd", { size: 1000, ranges: "multipart" });
  assert.match((await get("/odd", asked)).response.headers.get("content-type"), /^multipart\/byteranges/);
});

test("steps are taken one a request, then the script is as it is", async () => {
  server.put("/steps", { size: 10, steps: [{ status: 503, retryAfter: 7 }, { status: 404 }] });
  const busy = await get("/steps");
  assert.deepEqual([busy.response.status, busy.response.headers.get("retry-after")], [503, "7"]);
  assert.equal((await get("/steps")).response.status, 404);
  assert.equal((await get("/steps")).response.status, 200);
});

test("a cut waits, and the log tells it from a client that went away", async () => {
  server.put("/cut", { size: 1000, cutAfter: 600 });
  const began = Date.now();
  await assert.rejects(get("/cut"));
  assert.ok(Date.now() - began >= 300);
  const cut = await server.log.until(({ path, end }) => path === "/cut" && end);
  assert.deepEqual([cut.end, cut.sent], ["cut", 600]);

  server.put("/stalls", { size: 1000, stallAfter: 600 });
  const stop = new AbortController();
  const response = await fetch(`${server.origin}/stalls`, { signal: stop.signal });
  await server.log.until(({ path, sent }) => path === "/stalls" && sent === 600);
  assert.equal(response.status, 200);
  stop.abort();
  const left = await server.log.until(({ path, end }) => path === "/stalls" && end);
  assert.deepEqual([left.end, left.sent], ["client", 600]);
});

test("a slow body can be hurried while it is on its way", async () => {
  const file = server.put("/slow", { size: 100_000, bytesPerSecond: 20_000 });
  const began = Date.now();
  const whole = get("/slow");
  await server.log.until(({ path }) => path === "/slow");
  file.update({ bytesPerSecond: 0 });
  assert.equal((await whole).bytes.length, 100_000);
  assert.ok(Date.now() - began < 4000);
});

test("lengths that Node would not send are sent", async () => {
  server.put("/twice", { size: 10, length: "twice" });
  assert.match(await bare("/twice"), /Content-Length: 10\r\nContent-Length: 11\r\n/);
  server.put("/text", { size: 10, length: "text" });
  assert.match(await bare("/text"), /Content-Length: many\r\n/);
  server.put("/lie", { size: 10, length: 20 });
  assert.match(await bare("/lie"), /Content-Length: 20\r\n/);
  server.put("/close", { size: 10, length: "close" });
  assert.doesNotMatch(await bare("/close"), /Content-Length|Transfer-Encoding/);
  server.put("/chunked", { size: 10, length: "chunked" });
  assert.match(await bare("/chunked"), /Transfer-Encoding: chunked/);
});

test("compression is kept from ranges unless the file is stored compressed", async () => {
  const file = server.put("/gzip", { size: 5000, encoding: "gzip" });
  assert.match(await bare("/gzip", "Accept-Encoding: gzip\r\n"), /Content-Encoding: gzip/);
  assert.doesNotMatch(await bare("/gzip", "Accept-Encoding: identity\r\n"), /Content-Encoding/);
  assert.equal(createHash("sha256").update((await get("/gzip")).bytes).digest("hex"), file.sha256());
  file.update({ encoding: "gzip-always" });
  assert.match(await bare("/gzip", "Accept-Encoding: identity\r\nRange: bytes=0-\r\n"), /206[\s\S]*Content-Encoding: gzip/);
});

test("CORS headers, exposure and preflights follow the script", async () => {
  server.put("/closed", { size: 1 });
  assert.doesNotMatch(await bare("/closed", "Origin: http://other\r\n"), /Access-Control/);
  server.put("/open", { size: 1, cors: { expose: ["ETag"], allow: ["range"] } });
  assert.match(await bare("/open", "Origin: http://other\r\n"), /Access-Control-Expose-Headers: ETag/);
  const asked = await fetch(`${server.crossOrigin}/open`, { method: "OPTIONS", headers: { "Access-Control-Request-Headers": "if-range" } });
  assert.equal(asked.headers.get("access-control-allow-headers"), "range");
});

/**
 * What each fault puts on the wire of a file of 1000 bytes that is asked for from its 100th on: a pattern that the whole
 * of head and body must match, or a list of patterns.
 */
const ON_THE_WIRE = {
  "strong tag and date": [/ETag: "/, /Last-Modified: Thu, 02 Jan 2020/],
  "strong tag": [/ETag: "/, /^(?![^]*\r\nLast-Modified)/],
  "weak tag": [/ETag: W\//, /^(?![^]*\r\nLast-Modified)/],
  "weak tag that never changes": [/ETag: W\/"one"/, /^(?![^]*\r\nLast-Modified)/],
  "weak tag and strong date": [/ETag: W\//, /Last-Modified: Thu, 02 Jan 2020/],
  "malformed tag": /ETag: untagged/,
  "strong date": [/^(?![^]*\r\nETag)/, /Last-Modified: Thu, 02 Jan 2020/],
  "date too young": [/^(?![^]*\r\nETag)/, /Last-Modified: (.*)\r[^]*Date: \1/],
  "date that never changes": [/^(?![^]*\r\nETag)/, /Last-Modified: Wed, 01 Jan 2020/],
  "no validators": /^(?![^]*\r\n(ETag|Last-Modified))/,
  "same origin only": /^(?![^]*Access-Control)/,
  "all hidden": [/Access-Control-Allow-Origin: http:\/\/other/, /^(?![^]*Expose)/],
  "tag exposed": /Expose-Headers: ETag\r/,
  "range exposed": /Expose-Headers: Content-Range\r/,
  "all exposed": /Expose-Headers: .*Content-Range.*ETag/,
  "preflight refused": /Expose-Headers: Content-Range, ETag\r/,
  "ranges": [/^HTTP\/1.1 206/, /Content-Range: bytes 100-999\/1000\r/],
  "no ranges": [/^HTTP\/1.1 200/, /Accept-Ranges: none/],
  "no ranges, though it says so": [/^HTTP\/1.1 200/, /Accept-Ranges: bytes/],
  "capped ranges": /Content-Range: bytes 100-100099\/200000\r/,
  "unknown total": /Content-Range: bytes 100-999\/\*/,
  "If-Range ignored": /^HTTP\/1.1 206/,
  "compressed on request": /^(?![^]*\r\nContent-Encoding)/,
  "stored compressed": [/^HTTP\/1.1 200/, /Content-Encoding: gzip/],
  "chunked": /Transfer-Encoding: chunked/,
  "no length": [/^HTTP\/1.1 206/, /^(?![^]*\r\n(Content-Length|Transfer-Encoding))/],
  "HTTP/1.0": [/^HTTP\/1.0 200/, /^(?![^]*\r\n(Content-Length|Transfer-Encoding))/],
  "begins late": /Content-Range: bytes 101-999\/1000\r[^]*Content-Length: 899\r/,
  "begins early": /Content-Range: bytes 99-999\/1000\r[^]*Content-Length: 901\r/,
  "the whole as a part": /206[^]*Content-Range: bytes 0-999\/1000\r[^]*Content-Length: 1000\r/,
  "more than asked": /Content-Range: bytes 100-999\/1000\r/,
  "less than asked": /Content-Range: bytes 100-599\/1000\r/,
  "unlabelled part": [/206/, /^(?![^]*\r\nContent-Range)/],
  "last before first": /Content-Range: bytes 1000-100\/1000/,
  "total not after last": /Content-Range: bytes 100-999\/999/,
  "another total": /Content-Range: bytes 100-999\/1001/,
  "another unit": /Content-Range: items 100-999\/1000/,
  "garbled range": /Content-Range: bytes of some kind/,
  "labelled whole": /^HTTP\/1.1 200[^]*Content-Range: bytes 100-199\/1000/,
  "whole": [/^HTTP\/1.1 200/, /Content-Length: 1000/],
  "416 with the size": /416[^]*Content-Range: bytes \*\/1000/,
  "416 with another size": /416[^]*Content-Range: bytes \*\/100\r/,
  "bare 416": [/416/, /^(?![^]*\r\nContent-Range)/],
  "no 416 beyond the end": [/^HTTP\/1.1 200/, /Content-Length: 1000\r/],
  "multipart": [/Content-Type: multipart\/byteranges; boundary=s/, /\r\n\r\n--scripted-part\r\n/],
  "multipart of the older type": [/multipart\/x-byteranges; boundary="s/, /\r\n\r\n\r\n\r\n--scripted-part/],
  "coded part": [/^HTTP\/1.1 206/, /Content-Encoding: gzip/],
  "huge total": /Content-Range: bytes 100-999\/18446744073709551616/,
  "huge last": /Content-Range: bytes 100-18446744073709551616\/\*/,
  "huge length": /Content-Length: 18446744073709551616/,
  "another type": /Content-Type: text\/html/,
  "unasked part": /Content-Range: bytes 0-499\/1000/,
  "304": /^HTTP\/1.1 304/,
  "another version": /ETag: "v2-1000"/,
  "another version under the same tag": /ETag: "v1-1000"/,
  "429 with seconds": /^HTTP\/1.1 429[^]*Retry-After: 1\r/,
  "503 with a date": /^HTTP\/1.1 503[^]*Retry-After: Wed, 01 Jan 2020/,
  "503 without CORS": [/^HTTP\/1.1 503/, /^(?![^]*Access-Control)/],
  "500": /^HTTP\/1.1 500/,
  "403": /^HTTP\/1.1 403/,
  "404": /^HTTP\/1.1 404/,
  "redirect to itself": /^HTTP\/1.1 302[^]*Location: \r/,
  "cut": /Content-Length: 900\r[^]*\r\n\r\n[^]{300}$/,
  "cut at once": /Content-Length: 900\r[^]*\r\n\r\n[^]{300}$/,
  "reset": /^HTTP\/1.1 206/,
  "cut before the first byte": /Content-Length: 900\r[^]*\r\n\r\n$/,
  "cut chunks": [/Transfer-Encoding: chunked/, /^(?![^]*\r\n0\r\n\r\n$)/],
  "hidden cut": [/^(?![^]*\r\nContent-Length)/, /\r\n\r\n[^]{300}$/],
  "longer than its length": /Content-Length: 500\r[^]*\r\n\r\n[^]{900}$/,
  "shorter than its length": /Content-Length: 2000\r[^]*\r\n\r\n[^]{900}$/,
  "two lengths": /Content-Length: 900\r\nContent-Length: 901\r/,
  "length that is no number": /Content-Length: many/,
  "stall": /Content-Length: 900\r[^]*\r\n\r\n[^]{300}$/,
  "closed without an answer": /^$/,
  "reset without an answer": /^$/,
  "no HTTP": /^\x16\x03\x01/,
  "late": /^HTTP\/1.1 206/,
  "slow": /^HTTP\/1.1 206/,
};

/** Where another request shows the fault, or another size. */
const ASKED = {
  "capped ranges": { size: 200_000 },
  "more than asked": { range: "bytes=100-199" },
  "no 416 beyond the end": { range: "bytes=1000-" },
};

/** What comes on a connection until it ends or, where the script stalls, until all has come that will. */
async function untilQuiet(path, headers) {
  const socket = connect(Number(new URL(server.origin).port), "127.0.0.1");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`);
  let said = "";
  socket.setEncoding("latin1").on("data", (piece) => { said += piece; }).on("error", () => {});
  const ended = new Promise((resolve) => { socket.on("close", resolve); });
  const { stallAfter } = server.file(path).script;
  if (stallAfter === null) {
    await ended;
  } else {
    await server.log.until((entry) => entry.path === path && entry.sent === stallAfter);
    while (said.length < said.indexOf("\r\n\r\n") + 4 + stallAfter) await once(socket, "data");
    socket.destroy();
  }
  return said;
}

test("every fault is on the wire as its name says", async () => {
  assert.deepEqual(Object.keys(ON_THE_WIRE).sort(), faultNames().sort());
  await Promise.all(Object.entries(ON_THE_WIRE).map(async ([name, patterns], index) => {
    const path = `/fault-${index}`;
    const open = faultNames("exposure").includes(name) || name === "503 without CORS" ? {} : fault("all exposed");
    const { size = 1000, range = "bytes=100-" } = ASKED[name] ?? {};
    server.put(path, { size, seed: "fault", ...open, ...fault(name) });
    const said = await untilQuiet(path, `Origin: http://other\r\nRange: ${range}\r\n`);
    for (const pattern of [patterns].flat()) assert.match(said, pattern, name);
  }));
});

test("the rules that a server can break have a fault each", () => {
  // The others bind the client alone, or tell it how to take an answer without fault.
  const clients = [1, 27, 28, 29];
  const covered = new Set(faultNames().flatMap(rulesOf));
  for (let rule = 1; rule <= 35; rule += 1) {
    if (!clients.includes(rule)) assert.ok(covered.has(`R${rule}`), `no fault for R${rule}`);
  }
});

test("a seed always makes the same script, and one that the server takes", () => {
  const drawn = new Set();
  for (let seed = 0; seed < 300; seed += 1) {
    const { script, names } = scriptFrom(seed);
    assert.deepEqual(scriptFrom(seed), { script, names });
    server.put("/drawn", script);
    names.forEach((name) => drawn.add(name));
  }
  assert.equal(drawn.size, faultNames().length, "and all faults come up");
});

test("scripts can be read, changed and misspelt over the control path", async () => {
  const path = `${server.origin}/control/files/made`;
  const write = (method, body, type = "application/json") => fetch(path, { method, body: JSON.stringify(body), headers: { "Content-Type": type } });
  assert.equal((await write("PUT", { size: 3, status: 404 })).status, 200);
  assert.equal((await get("/made")).response.status, 404);
  assert.equal((await write("PATCH", { status: null })).status, 200);
  assert.equal((await get("/made")).bytes.length, 3);
  assert.equal((await write("PATCH", { sizes: 3 })).status, 400);
  assert.equal((await write("PATCH", { size: 4 }, "text/plain")).status, 415);
  const log = await (await fetch(`${server.origin}/control/log`)).json();
  assert.deepEqual(log.filter((entry) => entry.path === "/made").map(({ status }) => status), [404, 200]);
});

test("static files have their types, and nothing outside is served", async () => {
  assert.equal((await get("/module.wasm")).response.headers.get("content-type"), "application/wasm");
  assert.match((await get("/")).response.headers.get("content-type"), /^text\/html/);
  for (const path of ["/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd", "/..%5cetc", "/%", "/a%00b"]) {
    assert.match(await bare(path), /^HTTP\/1.1 4\d\d/, path);
  }
});
