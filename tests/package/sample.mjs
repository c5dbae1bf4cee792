/** A file to download, and the checks that the programs' reports of it have to pass. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sirv from "sirv";

const bytes = randomBytes(3_000_000);
const hash = createHash("sha256").update(bytes).digest();

/** Writes the file into a folder, as `sample.bin`, and what names its bytes beside it. */
export async function writeSample(directory) {
  await writeFile(join(directory, "sample.bin"), bytes);
  await writeFile(join(directory, "sample.bin.integrity"), `sha256-${hash.toString("base64")}`);
}

/**
 * Serves a folder until the test `t` ends; every answer has `headers`, and with `fallback` the page stands for all that
 * is missing. Gives back the origin.
 */
export async function serve(t, directory, { headers = {}, fallback = false } = {}) {
  const setHeaders = (response) => Object.entries(headers).forEach(([name, value]) => response.setHeader(name, value));
  const server = createServer(sirv(directory, { dev: true, single: fallback, ignores: false, setHeaders }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** A program's report of having downloaded the sample from start to end. */
export function assertDownloaded(report, storage) {
  assert.deepEqual(report, { storage, words: [0x180, 0x140], size: bytes.length, sha256: hash.toString("hex") });
}
