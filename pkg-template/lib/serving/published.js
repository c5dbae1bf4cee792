// Published files: found by the records of the queue, read where the engine keeps them.
import { readDatabase } from "./database.js";
import { keyOf, queueDirectory } from "./paths.js";
import { isReadable, readStoredFile } from "./records.js";

/**
 * A published file; undefined when there is none of this path.
 *
 * The body is a `Blob`, of which the browser reads what it needs when it needs it, also after it has ended the service
 * worker: a file of 5 GB takes no memory.
 *
 * @param {string} name The queue's.
 * @param {string} localFile
 * @returns {Promise<{ facts: import("./answer.js").FileFacts & { remoteFile: string }, body: (start: number, end: number) => Promise<Blob> } | undefined>}
 */
export async function publishedFile(name, localFile) {
  const key = keyOf(localFile);
  const found = await readDatabase(name, ["queue", "files", "names"], async (get) => {
    const [queue, record, named] = await Promise.all([get("queue", "get", "record"), get("files", "get", key), get("names", "get", key)]);
    if (record === undefined) return undefined;
    if (!isReadable(queue)) throw new Error("the records are of another build of the package");
    return { facts: readStoredFile(record), part: named?.part };
  });
  if (found === undefined) return undefined;
  const { facts, part } = found;
  if (part !== undefined) {
    const body = async (start, end) => (await bytesOfChunks(name, part, start, end)) ?? gone();
    return { facts, body };
  }
  const file = await fileAt(name, ["files", ...key.split("/")]);
  if (file?.size !== facts.size) return undefined;
  return { facts, body: async (start, end) => file.slice(start, end) };
}

function gone() {
  throw new Error("the file is not there any more");
}

/** A file below a queue's directory in the origin private file system; undefined when it is not there. */
export async function fileAt(name, path) {
  try {
    let place = await navigator.storage.getDirectory();
    for (const directory of ["qmgr", queueDirectory(name), ...path.slice(0, -1)]) {
      place = await place.getDirectoryHandle(directory);
    }
    const handle = await place.getFileHandle(path.at(-1));
    return await handle.getFile();
  } catch (error) {
    // A name that no engine would give is a TypeError.
    if (["NotFoundError", "TypeError", "TypeMismatchError"].includes(error?.name)) return undefined;
    throw error;
  }
}

/** Bytes of a part that is kept in the database; undefined unless all of them are there. */
export async function bytesOfChunks(name, part, start, end) {
  const bytes = await readDatabase(name, ["chunks"], async (get) => {
    const keys = await get("chunks", "getAllKeys", IDBKeyRange.bound(`${part}/`, `${part}0`, false, true));
    const chunks = keys.map((key) => [key, ...boundsOf(key)]).filter(([, from, to]) => from < end && to > start);
    if (chunks.length === 0) return undefined;
    const values = await get("chunks", "getAll", IDBKeyRange.bound(chunks[0][0], chunks.at(-1)[0]));
    const pieces = [];
    let at = start;
    for (const [index, [, from, to]] of chunks.entries()) {
      // One that a crash left over reaches into the next: its bytes are the same.
      if (at < from || to <= at) continue;
      const until = Math.min(to, end);
      pieces.push(new Blob([values[index]]).slice(at - from, until - from));
      at = until;
    }
    return new Blob(pieces);
  });
  return bytes?.size === end - start ? bytes : undefined;
}

/** Where the chunk of a key begins and ends. */
function boundsOf(key) {
  return key.split("/").slice(-2).map(Number);
}
