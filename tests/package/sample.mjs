/** A file to download, and the checks that the programs' reports of it have to pass. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sirv from "sirv";

const bytes = randomBytes(3_000_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");

/** Writes the file into a folder, as `sample.bin`. */
export function writeSample(directory) {
  return writeFile(join(directory, "sample.bin"), bytes);
}

/** Serves a folder until the test `t` ends; every answer has `headers`. Gives back the origin. */
export async function serve(t, directory, headers = {}) {
  const setHeaders = (response) => Object.entries(headers).forEach(([name, value]) => response.setHeader(name, value));
  const server = createServer(sirv(directory, { dev: true, setHeaders }));
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
  assert.deepEqual(report, { storage, words: [0x180, 0x140], size: bytes.length, sha256 });
}
