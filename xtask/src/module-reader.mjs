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
}
