/** The plainest loop, hashing each chunk on its way, by the fastest streaming SHA-256 on npm. */
import { createSHA256 } from "hash-wasm";
import { download as loop } from "./loop.js";
import { openFile, removeFile } from "../opfs.js";

const BLOCK = 1 << 20;

export async function download(url, name, { integrity }) {
  const hash = await createSHA256();
  await loop(url, name, { onChunk: (chunk) => hash.update(chunk) });
  if (inSubresourceForm(hash.digest("binary")) !== integrity) throw new Error("the hash differs");
}

/** Hashes so many bytes of memory, and nothing else. */
export async function hashOnly(size) {
  const hash = await createSHA256();
  const block = new Uint8Array(BLOCK).fill(7);
  for (let done = 0; done < size; done += BLOCK) hash.update(block);
  return hash.digest();
}

/** The hash of a stored file, as in Subresource Integrity. */
export async function integrityOf(blob) {
  const hash = await createSHA256();
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return inSubresourceForm(hash.digest("binary"));
    hash.update(value);
  }
}

function inSubresourceForm(digest) {
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}

export { openFile as open, removeFile as remove };
