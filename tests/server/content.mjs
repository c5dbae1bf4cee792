/**
 * Bytes that follow from a name and a version alone, so that a file of 40 GB needs no memory and every
 * part of it can be checked without the rest: the key stream of AES-128 in counter mode.
 */
import { createCipheriv, createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

const BLOCK = 16;
const STEP = 1 << 20;

/** Bytes `start` (included) to `end` (excluded) of a version of a file. */
export function bytesOf(seed, version, start, end) {
  const key = createHash("sha256").update(`${seed}\n${version}`).digest().subarray(0, BLOCK);
  const counter = Buffer.alloc(BLOCK);
  const block = Math.floor(start / BLOCK);
  counter.writeBigUInt64BE(BigInt(block), 8);
  const skip = start - block * BLOCK;
  return createCipheriv("aes-128-ctr", key, counter).update(Buffer.alloc(skip + end - start)).subarray(skip);
}

/** SHA-256, in lower-case hex, of a whole version. */
export function sha256Of(seed, version, size) {
  const hash = createHash("sha256");
  for (let at = 0; at < size; at += STEP) {
    hash.update(bytesOf(seed, version, at, Math.min(at + STEP, size)));
  }
  return hash.digest("hex");
}

/** A whole version, compressed. Held in memory: for small files. */
export function gzipOf(seed, version, size) {
  return gzipSync(bytesOf(seed, version, 0, size));
}
