/** Of the binary format of WebAssembly: the numbers of the sections. */
export const SECTION = { names: 0, imports: 2, types: 3, exports: 7, elements: 9, code: 10, data: 11 };

/** Of the section of names: the part that is about functions. */
const FUNCTION_NAMES = 1;

/** Of imports and exports: what is a function. */
export const FUNCTION = 0;

/** Reads the binary format of WebAssembly. */
export class ModuleReader {
  bytes;
  /** Where it reads: behind the header at first. */
  at = 8;

  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** A number: seven bits a byte, the lowest first. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** The bytes behind their number. */
  counted() {
    const length = this.number();
    return this.bytes.subarray(this.at, (this.at += length));
  }

  /** The sections, each from its number to its end; to be read, one after the other, from where it stands. */
  *sections() {
    for (this.at = 8; this.at < this.bytes.length; ) {
      const start = this.at;
      const id = this.byte();
      const end = this.number() + this.at;
      yield { id, start, end };
      this.at = end;
    }
  }

  /** How many functions the section of imports brings; it brings nothing else. */
  imports() {
    const count = this.number();
    for (let index = 0; index < count; index++) {
      this.counted();
      const name = this.counted();
      if (this.byte() !== FUNCTION) throw new Error(`${name} is no function`);
      this.number();
    }
    return count;
  }

  /** The names of functions by their number, of a section that may be one of names. */
  names(end) {
    const names = new Map();
    if (this.counted().toString() !== "name") return names;
    while (this.at < end) {
      const isOfFunctions = this.byte() === FUNCTION_NAMES;
      const past = this.number() + this.at;
      for (let left = isOfFunctions ? this.number() : 0; left > 0; left--) {
        // The compiler puts a hash behind the name of a crate.
        names.set(this.number(), this.counted().toString().replace(/\[[0-9a-f]+\]/g, ""));
      }
      this.at = past;
    }
    return names;
  }
}

/** The bytes of a number. */
function bytesOf(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...bytesOf(value >>> 7)];
}

/** The bytes of a number, as a buffer. */
export function numberBytes(value) {
  return Buffer.from(bytesOf(value));
}

/** Bytes behind their number. */
export function withCount(content) {
  return Buffer.concat([numberBytes(content.length), content]);
}

/** A section of that content. */
export function section(id, content) {
  return Buffer.concat([Buffer.from([id]), withCount(content)]);
}
