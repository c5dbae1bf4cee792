/**
 * Bytes that follow from a name and a version alone: the key stream of AES-128 in counter mode, made by the browser.
 * `tests/server/content.mjs` makes the same ones in Node.js, so a file is the same wherever it comes from.
 */
const BLOCK = 16;
const STEP = 1 << 20;
const keys = new Map();

/** Bytes `start` (included) to `end` (excluded) of a version of a file. */
export async function bytesOf(seed, version, start, end) {
  const block = Math.floor(start / BLOCK);
  const skip = start - block * BLOCK;
  const counter = new Uint8Array(BLOCK);
  new DataView(counter.buffer).setBigUint64(8, BigInt(block));
  const stream = await crypto.subtle.encrypt(
    { name: "AES-CTR", counter, length: 64 }, await keyOf(`${seed}\n${version}`), new Uint8Array(skip + end - start));
  return new Uint8Array(stream, skip);
}

/** SHA-256, in lower-case hex, of a whole version. Held in memory: for the laboratory's small files. */
export async function sha256Of(seed, version, size) {
  const whole = new Uint8Array(size);
  for (let at = 0; at < size; at += STEP) whole.set(await bytesOf(seed, version, at, Math.min(at + STEP, size)), at);
  return hashOf(whole);
}

/** SHA-256, in lower-case hex, of some bytes. */
export async function hashOf(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function keyOf(name) {
  if (!keys.has(name)) keys.set(name, makeKey(name));
  return keys.get(name);
}

async function makeKey(name) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  return crypto.subtle.importKey("raw", hash.slice(0, BLOCK), "AES-CTR", false, ["encrypt"]);
}
