/** The origin private file system, as far as the hand-written contestants need it. */

export async function fileHandle(name, { create = false } = {}) {
  const root = await navigator.storage.getDirectory();
  return root.getFileHandle(name, { create });
}

export async function openFile(name) {
  return (await fileHandle(name)).getFile();
}

export async function removeFile(...names) {
  const root = await navigator.storage.getDirectory();
  await Promise.all(names.map((name) => root.removeEntry(name)));
}

/** `fetch` of a body, whole or from a byte on; any other answer is an error. */
export async function fetchBody(url, from = 0) {
  const headers = from > 0 ? { Range: `bytes=${from}-` } : {};
  const response = await fetch(url, { cache: "no-store", headers });
  if (response.status !== (from > 0 ? 206 : 200)) throw new Error(`${url} answered ${response.status}`);
  return response;
}
