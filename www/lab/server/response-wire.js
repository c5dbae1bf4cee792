/** A `Response` as the wire of `send`: its head resolves `response`, its body follows as it is read. */
const BODILESS = [204, 205, 304];

export class ResponseWire {
  #body;
  #wanted = resolvers();
  #response = resolvers();
  #stream;

  /** `gone` is aborted when the reader goes away. */
  constructor(gone) {
    this.#stream = new ReadableStream({
      start: (controller) => { this.#body = controller; },
      pull: () => {
        this.#wanted.resolve();
        this.#wanted = resolvers();
      },
      cancel: () => {
        gone.abort();
        this.#wanted.resolve();
      },
    });
  }

  get response() {
    return this.#response.promise;
  }

  head(status, headers) {
    this.#response.resolve(new Response(BODILESS.includes(status) ? null : this.#stream, { status, headers }));
  }

  /** Resolves when the reader wants more. */
  async write(bytes) {
    const { promise } = this.#wanted;
    this.#body.enqueue(new Uint8Array(bytes));
    if (this.#body.desiredSize <= 0) await promise;
  }

  /** An answer that has not begun never comes: the caller's `fetch` fails. */
  cut() {
    this.fail(new TypeError("the connection was cut"));
  }

  fail(reason) {
    this.#response.reject(reason);
    this.#body.error(reason);
  }

  async end() {
    this.#body.close();
    return true;
  }
}

function resolvers() {
  let settle;
  const promise = new Promise((resolve, reject) => { settle = { resolve, reject }; });
  return { promise, ...settle };
}
