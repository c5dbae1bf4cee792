// Two of the engine's records, read without the engine: a service worker is to answer without loading the module.

/** The newest schema (`src/snapshot.rs`) whose records can be read here. In all of them that of a file is the same. */
const NEWEST_SCHEMA = 2;

/** Whether the records of a queue can be read here: its own record begins with their schema. */
export function isReadable(record) {
  return record instanceof Uint8Array && new Fields(record).number() <= NEWEST_SCHEMA;
}

/**
 * What is known of a published file, without its `integrity`.
 *
 * @param {Uint8Array} record Its key and the fields of `StoredFile`, one after another (`src/protocol/stored_file.rs`).
 */
export function readStoredFile(record) {
  const fields = new Fields(record);
  fields.text();
  return {
    localFile: fields.text(),
    remoteFile: fields.text(),
    size: fields.number(),
    lastModified: fields.number(),
    etag: fields.optional(() => fields.text()),
    type: fields.text(),
  };
}

/** Fields in the format of postcard, <https://postcard.jamesmunns.com/wire-format>. */
class Fields {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** Seven bits a byte, the lowest first; sizes and times lie below 2^53. */
  number() {
    let number = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#take(1)[0];
      number += (byte % 128) * factor;
      if (byte < 128) return number;
    }
  }

  text() {
    return new TextDecoder().decode(this.#take(this.number()));
  }

  optional(read) {
    return this.#take(1)[0] === 0 ? null : read();
  }

  #take(length) {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw new RangeError("a record of the queue is damaged");
    this.#at += length;
    return taken;
  }
}
