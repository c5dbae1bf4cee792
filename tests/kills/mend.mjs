/**
 * Mends what a kill leaves of the log in which Chromium keeps a page's records.
 *
 * A process that is killed between two writes leaves the first part of an entry. Chromium drops that when it starts again,
 * but writes on behind it, and at the start after that it takes the log for damaged and deletes the whole database: all
 * that any page of the origin had, however durable it was. So that the tests show what the engine loses, and not what the
 * browser does, they cut the unfinished entry off, which is what the browser's own reading makes of it.
 */
import { readFile, readdir, truncate } from "node:fs/promises";
import { join } from "node:path";

const BLOCK = 32_768;
/** Checksum, length and type. */
const HEAD = 7;
/** An entry that does not fit into its block is written as a first, middle and last fragment. */
const [FIRST, MIDDLE] = [2, 3];

/** Mends all logs of a profile whose browser is gone; resolves with how many were torn. */
export async function mend(profile) {
  let torn = 0;
  for (const kind of ["IndexedDB", "File System"]) {
    const directory = join(profile, "Default", kind);
    const paths = await readdir(directory, { recursive: true }).catch(() => []);
    for (const path of paths.filter((path) => /(^|\/)\d{6}\.log$/.test(path))) {
      const log = join(directory, path);
      const bytes = await readFile(log);
      const end = endOf(bytes);
      // At the end of a block there may be a few bytes of nothing.
      if (bytes.subarray(end).every((byte) => byte === 0)) continue;
      await truncate(log, end);
      torn += 1;
    }
  }
  return torn;
}

/** Where the last whole entry ends. */
function endOf(bytes) {
  let end = 0;
  for (let at = 0; ;) {
    const left = BLOCK - (at % BLOCK);
    if (left < HEAD) at += left;
    if (at + HEAD > bytes.length) return end;
    const type = bytes[at + HEAD - 1];
    at += HEAD + bytes.readUInt16LE(at + HEAD - 3);
    if (at > bytes.length) return end;
    if (type !== FIRST && type !== MIDDLE) end = at;
  }
}
