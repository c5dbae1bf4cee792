/** What a service worker answers, as tables: the rules of RFC 9110, the paths behind URLs, and the engine's records. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answerHead } from "../../pkg-template/lib/serving/answer.js";
import { fileUrl, keyOf, localFileOf } from "../../pkg-template/lib/serving/paths.js";
import { isReadable, readStoredFile } from "../../pkg-template/lib/serving/records.js";

const NOW = Date.UTC(2026, 0, 2, 12, 0, 0);
const DATE = "Thu, 01 Jan 2026 12:00:00 GMT";
const EARLIER = "Thu, 01 Jan 2026 11:59:59 GMT";
const LATER = "Thu, 01 Jan 2026 12:00:01 GMT";
const FILE = { size: 1000, type: "video/mp4", etag: '"v1"', lastModified: Date.UTC(2026, 0, 1, 12, 0, 0, 999) };

/** The head for some header fields: `[status, span or null, …the values of the fields that are named]`. */
function asked(fields, { file = {}, method = "GET", names = [] } = {}) {
  const { status, headers, span } = answerHead(method, new Headers(fields), { ...FILE, ...file }, NOW);
  const answered = new Headers(headers);
  return [status, span && [span.start, span.end], ...names.map((name) => answered.get(name))];
}

test("the range of a file that is asked for is what is answered", () => {
  const cases = [
    [undefined, 200, [0, 1000], null],
    ["bytes=0-", 206, [0, 1000], "bytes 0-999/1000"],
    ["bytes=0-0", 206, [0, 1], "bytes 0-0/1000"],
    ["bytes=5-9", 206, [5, 10], "bytes 5-9/1000"],
    ["bytes=999-", 206, [999, 1000], "bytes 999-999/1000"],
    ["bytes=5-2000", 206, [5, 1000], "bytes 5-999/1000"],
    ["bytes=5-99999999999999999999999", 206, [5, 1000], "bytes 5-999/1000"],
    ["bytes=-1", 206, [999, 1000], "bytes 999-999/1000"],
    ["bytes=-5000", 206, [0, 1000], "bytes 0-999/1000"],
    ["BYTES = 5-9", 206, [5, 10], "bytes 5-9/1000"],
    ["bytes=, 5-9 ,", 206, [5, 10], "bytes 5-9/1000"],
    ["bytes=1000-", 416, null, "bytes */1000"],
    ["bytes=18446744073709551616-", 416, null, "bytes */1000"],
    ["bytes=-0", 416, null, "bytes */1000"],
    // Several are answered whole, as is what no rule gives a meaning.
    ["bytes=0-1,5-9", 200, [0, 1000], null],
    ["bytes=9-5", 200, [0, 1000], null],
    ["bytes=-", 200, [0, 1000], null],
    ["bytes=", 200, [0, 1000], null],
    ["bytes=a-b", 200, [0, 1000], null],
    ["bytes=+1-2", 200, [0, 1000], null],
    ["bytes 0-1", 200, [0, 1000], null],
    ["items=0-1", 200, [0, 1000], null],
  ];
  for (const [range, status, span, label] of cases) {
    const found = asked(range === undefined ? {} : { range }, { names: ["content-range", "content-length"] });
    const length = span === null ? "0" : String(span[1] - span[0]);
    assert.deepEqual(found, [status, span, label, length], range);
  }
});

test("a part that may be long in coming is answered as a shorter one, and the whole is not", () => {
  const file = { longest: 100 };
  assert.deepEqual(asked({ range: "bytes=5-" }, { file, names: ["content-range", "content-length"] }), [206, [5, 105], "bytes 5-104/1000", "100"]);
  assert.deepEqual(asked({ range: "bytes=-500" }, { file }), [206, [500, 600]]);
  assert.deepEqual(asked({ range: "bytes=950-" }, { file }), [206, [950, 1000]]);
  assert.deepEqual(asked({}, { file }), [200, [0, 1000]]);
});

test("a HEAD tells of the whole, and other methods are refused", () => {
  assert.deepEqual(asked({ range: "bytes=5-9" }, { method: "HEAD", names: ["content-length", "content-range"] }), [200, null, "1000", null]);
  assert.deepEqual(asked({}, { method: "POST", names: ["allow", "etag"] }), [405, null, "GET, HEAD", null]);
});

test("an empty file is whole, and so is one whose size nobody knows", () => {
  assert.deepEqual(asked({ range: "bytes=0-" }, { file: { size: 0 }, names: ["content-length"] }), [200, [0, 0], "0"]);
  const names = ["content-length", "accept-ranges"];
  assert.deepEqual(asked({ range: "bytes=5-9" }, { file: { size: null }, names }), [200, [0, null], null, "none"]);
});

test("a part is answered only where If-Range names the version by a strong validator", () => {
  const cases = [
    ['"v1"', {}, 206],
    ['"v2"', {}, 200],
    ['W/"v1"', {}, 200],
    ['W/"v1"', { etag: 'W/"v1"' }, 200],
    ['"v1"', { etag: 'W/"v1"' }, 200],
    ['"v1"', { etag: null }, 200],
    [DATE, {}, 206],
    [DATE, { etag: null }, 206],
    [EARLIER, {}, 200],
    [LATER, {}, 200],
    [new Date(NOW - 1000).toUTCString(), { etag: null, lastModified: NOW - 500 }, 206],
    [new Date(NOW).toUTCString(), { lastModified: NOW }, 200],
    ["nonsense", {}, 200],
  ];
  for (const [ifRange, file, status] of cases) {
    assert.equal(asked({ range: "bytes=5-9", "if-range": ifRange }, { file })[0], status, `${ifRange} ${JSON.stringify(file)}`);
  }
  assert.equal(asked({ range: "bytes=5000-", "if-range": '"v2"' })[0], 200, "a changed file is answered whole, not refused");
});

test("preconditions are looked at in the order of the standard", () => {
  const cases = [
    [{ "if-match": '"v1"' }, 200],
    [{ "if-match": '"v0", "v1"' }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": '"v2"' }, 412],
    [{ "if-match": 'W/"v1"' }, 412],
    [{ "if-match": '"v1"', "if-unmodified-since": EARLIER }, 200],
    [{ "if-unmodified-since": DATE }, 200],
    [{ "if-unmodified-since": EARLIER }, 412],
    [{ "if-unmodified-since": "no date" }, 200],
    [{ "if-none-match": '"v1"' }, 304],
    [{ "if-none-match": 'W/"v1"' }, 304],
    [{ "if-none-match": '"v2", W/"v1"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"v2"' }, 200],
    [{ "if-none-match": '"v2"', "if-modified-since": DATE }, 200],
    [{ "if-modified-since": DATE }, 304],
    [{ "if-modified-since": LATER }, 304],
    [{ "if-modified-since": EARLIER }, 200],
    [{ "if-modified-since": "Thursday, 01-Jan-26 12:00:00 GMT" }, 304],
    [{ "if-modified-since": "Thu Jan  1 12:00:00 2026" }, 304],
    [{ "if-modified-since": "2026-01-01" }, 200],
    [{ "if-match": '"v1"', "if-none-match": '"v1"' }, 304],
    [{ "if-none-match": '"v1"', range: "bytes=5-9" }, 304],
    [{ "if-match": '"v2"', range: "bytes=5-9" }, 412],
    [{ "if-match": '"v1"', range: "bytes=5-9" }, 206],
  ];
  for (const [fields, status] of cases) assert.equal(asked(fields)[0], status, JSON.stringify(fields));
});

test("an answer says what the server of the file said, and lets a page of it do nothing", () => {
  const names = ["content-type", "etag", "last-modified", "accept-ranges", "content-security-policy", "x-content-type-options"];
  assert.deepEqual(asked({}, { names }), [200, [0, 1000], "video/mp4", '"v1"', DATE, "bytes", "sandbox", "nosniff"]);
  const bare = { type: "", etag: "untagged", lastModified: null };
  assert.deepEqual(asked({}, { file: bare, names: names.slice(0, 3) }), [200, [0, 1000], "application/octet-stream", null, null]);
  const ahead = { lastModified: NOW + 5000 };
  assert.deepEqual(asked({}, { file: ahead, names: ["last-modified"] }), [200, [0, 1000], new Date(NOW).toUTCString()]);
  assert.deepEqual(asked({ "if-none-match": "*" }, { names: ["etag", "last-modified"] }), [304, null, '"v1"', DATE]);
});

test("a URL means the file whose path it ends with, and is found again by the same key", () => {
  const prefix = new URL("https://site.example/app/files/");
  const cases = [
    ["/a", "a", "posix/a"],
    ["/models/llama-2_7b.bin", "models/llama-2_7b.bin", "posix/models/llama-2_7b%2Ebin"],
    ["/Models/A", "Models/A", "posix/%4Dodels/%41"],
    ["/a\\b", "a%5Cb", "posix/a%5Cb"],
    ["/100% <\"|>", "100%25%20%3C%22%7C%3E", "posix/100%25%20%3C%22%7C%3E"],
    ["/#?&", "%23%3F%26", "posix/%23%3F%26"],
    ["/é/🦀", "%C3%A9/%F0%9F%A6%80", "posix/%C3%A9/%F0%9F%A6%80"],
    ["C:\\Models\\A.bin", "c:/Models/A.bin", "drive/c/models/a%2Ebin"],
    ["z:/É", "z:/%C3%89", "drive/z/%C3%89"],
    ["\\\\Server.lan\\C$\\Ab", "/Server.lan/C%24/Ab", "unc/server%2Elan/c%24/ab"],
    [`/${"x".repeat(250)}`, "x".repeat(250), `posix/${"x".repeat(200)}+/${"x".repeat(50)}`],
  ];
  for (const [localFile, rest, key] of cases) {
    const url = fileUrl(localFile, "/app/files/");
    assert.equal(url, `/app/files/${rest}`);
    assert.equal(keyOf(localFile), key);
    assert.equal(keyOf(localFileOf(new URL(url, prefix).href, prefix)), key, url);
  }
});

test("URLs beside the prefix are nobody's, and malformed ones below it name no file", () => {
  const prefix = new URL("https://site.example/files/");
  const meant = (url) => localFileOf(url, prefix);
  assert.equal(meant("https://site.example/files/a?b#c"), "/a");
  for (const url of ["https://site.example/files", "https://site.example/", "https://site.example/files/../a", "https://other.example/files/a"]) {
    assert.equal(meant(url), undefined, url);
  }
  for (const url of ["https://site.example/files/", "https://site.example/files/%", "https://site.example/files/a%2Fb", "https://site.example/files/%FF"]) {
    assert.equal(meant(url), null, url);
  }
});

test("the record of a published file is read as the engine wrote it", () => {
  // The bytes that `tests/native/stored_bytes.rs` holds against the engine.
  const record = Buffer.from(
    "0d706f7369782f25343125324562042f412e620b68747470733a2f2f682f61808080801080acb7cbb73301042276312209766964656f2f6d703400",
    "hex",
  );
  assert.deepEqual(readStoredFile(new Uint8Array(record)), {
    localFile: "/A.b", remoteFile: "https://h/a", size: 2 ** 32, lastModified: 1_767_268_800_000, etag: '"v1"', type: "video/mp4",
  });
  assert.throws(() => readStoredFile(new Uint8Array(record.subarray(0, 20))), /damaged/);
  assert.ok(isReadable(new Uint8Array([1, 0])));
  assert.ok(isReadable(new Uint8Array([2, 0])));
  assert.ok(!isReadable(new Uint8Array([3, 0])), "a newer schema");
  assert.ok(!isReadable(undefined));
});
