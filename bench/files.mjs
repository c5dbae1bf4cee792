/** The files that are served. They are made once, of bytes that look random and are the same on every machine. */
import { createCipheriv, createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const MIB = 1 << 20;

/**
 * @typedef {object} Sample
 * @property {string} name
 * @property {number} size
 * @property {string} integrity  as in Subresource Integrity
 */

export class Files {
  #directory;

  constructor(directory) {
    this.#directory = directory;
  }

  /** A file of random bytes. @returns {Promise<Sample>} */
  async random(size) {
    const name = `random-${size}.bin`;
    const note = join(this.#directory, `${name}.json`);
    if (!existsSync(note)) {
      const integrity = await this.#write(name, size);
      await writeFile(note, JSON.stringify({ name, size, integrity }));
    }
    return JSON.parse(await readFile(note, "utf8"));
  }

  /** A file of so many zeros, which takes no room on the disk. */
  async zeros(size) {
    const name = `zeros-${size}.bin`;
    await mkdir(this.#directory, { recursive: true });
    const file = await open(join(this.#directory, name), "w");
    await file.truncate(size);
    await file.close();
    return { name, size };
  }

  /** Many small files. @returns {Promise<Sample[]>} */
  many(count, size) {
    return Promise.all(Array.from({ length: count }, async (_, index) => {
      const bytes = createHash("shake256", { outputLength: size }).update(`${index}`).digest();
      const name = `small-${index}.bin`;
      await mkdir(this.#directory, { recursive: true });
      await writeFile(join(this.#directory, name), bytes);
      return { name, size, integrity: inSubresourceForm(createHash("sha256").update(bytes)) };
    }));
  }

  async #write(name, size) {
    await mkdir(this.#directory, { recursive: true });
    const path = join(this.#directory, name);
    const [bytes, hash, zeros] = [createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)), createHash("sha256"), Buffer.alloc(MIB)];
    const file = await open(`${path}.part`, "w");
    for (let done = 0; done < size; done += MIB) {
      const block = bytes.update(zeros.subarray(0, Math.min(MIB, size - done)));
      hash.update(block);
      await file.write(block);
    }
    await file.sync();
    await file.close();
    await rename(`${path}.part`, path);
    return inSubresourceForm(hash);
  }
}

function inSubresourceForm(hash) {
  return `sha256-${hash.digest("base64")}`;
}
