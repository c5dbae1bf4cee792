import { assertInternal, internal } from "./internal.js";

export class GuidEnumerator {
  #handle;

  constructor(token, handle) {
    assertInternal(token);
    this.#handle = handle;
  }

  next(celt) {
    return this.#handle.next(celt);
  }

  skip(celt) {
    return this.#handle.skip(celt);
  }

  reset() {
    this.#handle.reset();
  }

  clone() {
    return new GuidEnumerator(internal, this.#handle.clone());
  }

  getCount() {
    return this.#handle.getCount();
  }

  /** What is left from here on; the enumerator itself stays where it is. */
  [Symbol.iterator]() {
    const rest = this.clone();
    return rest.next(rest.getCount()).items.values();
  }
}
