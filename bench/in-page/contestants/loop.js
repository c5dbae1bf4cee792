/** The plainest loop of a worker: the limit of what the browser gives. It knows nothing of cuts, versions or reloads. */
import { fetchBody, fileHandle, openFile, removeFile } from "../opfs.js";

const BUFFER = 1 << 20;

export async function download(url, name, { from = 0, until = Infinity, onChunk } = {}) {
  const { body } = await fetchBody(url, from);
  const file = await (await fileHandle(name, { create: true })).createSyncAccessHandle();
  const reader = body.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(BUFFER);
  let position = from;
  try {
    while (position < until) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      onChunk?.(value);
      position += file.write(value, { at: position });
      buffer = value.buffer;
    }
    file.flush();
  } finally {
    file.close();
  }
  if (position >= until) await reader.cancel();
  return position;
}

/** Leaves a file as a page does that was closed in the middle, and tells how much of it is there. */
export function downloadHalf(url, name, size) {
  return download(url, name, { until: size / 2 });
}

export function resume(url, name, from) {
  return download(url, name, { from });
}

/** Small files one after another; `flush` makes each of them durable. */
export async function downloadMany(urls, prefix, { flush }) {
  for (const [index, url] of urls.entries()) {
    const bytes = await (await fetchBody(url)).arrayBuffer();
    const file = await (await fileHandle(`${prefix}${index}`, { create: true })).createSyncAccessHandle();
    file.write(bytes);
    if (flush) file.flush();
    file.close();
  }
}

export { openFile as open, removeFile as remove };
