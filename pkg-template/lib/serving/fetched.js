// Files that are still being fetched: the engine of the queue says how far they can be read, and fetches first what is
// waited for. It is asked on a channel of its own (`src/driver/readers.rs`).
import { bytesOfChunks, fileAt, publishedFile } from "./published.js";

/** How long a reader waits before it asks again, in milliseconds. */
const PAUSE = 150;

/** So much is read at once. */
const STEP = 512 * 1024;

/**
 * A part is answered with at most so much: a browser ends a service worker that takes minutes over one answer, and a
 * media element asks on.
 */
const LONGEST = 4 * 1024 * 1024;

/** Why a file cannot be answered, or not to its end. */
export class Unavailable extends Error {
  /** @param {number} status What an answer that has not begun says. */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * A file that is being fetched; undefined when no group fetches it, or when it is published meanwhile.
 *
 * @param {{ name: string, timeout: number }} queue
 * @param {string} localFile
 */
export async function fetchedFile(queue, localFile) {
  const reader = new Reader(queue, localFile);
  try {
    const told = await reader.untilAnswered();
    if (told === undefined) {
      reader.close();
      return undefined;
    }
    const { part, size = null, etag = null, lastModified = null, type } = told;
    const facts = { size, etag, lastModified, type, longest: LONGEST };
    return { facts, close: () => reader.close(), body: (start, end) => stream(new Bytes(reader, part, facts, start, end)) };
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** One reader of one file, as the engine knows it. */
class Reader {
  queue;
  localFile;
  #id = crypto.randomUUID();
  #asked = 0;
  #since = Date.now();
  #channel;

  constructor(queue, localFile) {
    this.queue = queue;
    this.localFile = localFile;
    this.#channel = new BroadcastChannel(`qmgr-files:${queue.name}`);
  }

  close() {
    this.#channel.close();
  }

  /** What the engine says of the file; asks until there is an engine, but not for ever. */
  async ask(about) {
    const { localFile } = this;
    // What is asked twice is answered twice; nothing but an answer to this is heard.
    this.#asked += 1;
    const reader = `${this.#id}/${this.#asked}`;
    let again;
    let limit;
    try {
      return await new Promise((resolve, reject) => {
        this.#channel.onmessage = ({ data }) => {
          if (data?.reader === reader && data.state !== undefined) resolve(data);
        };
        const post = () => this.#channel.postMessage({ reader, localFile, since: this.#since, ...about });
        again = setInterval(post, PAUSE);
        limit = setTimeout(() => reject(new Unavailable(504, "no page has the queue open, and the file is not there whole")), this.queue.timeout);
        post();
      });
    } finally {
      clearInterval(again);
      clearTimeout(limit);
    }
  }

  /** Waits until the server of the file has answered, as long as for an engine. */
  async untilAnswered() {
    const end = Date.now() + this.queue.timeout;
    for (;;) {
      const told = await this.ask({});
      if (told.state === "fetched") return told;
      if (told.state === "absent" || told.state === "published") return undefined;
      if (told.state === "failed") throw new Unavailable(502, told.message);
      if (Date.now() > end) throw new Unavailable(504, "the server of the file has not answered yet");
      await sleep(PAUSE);
    }
  }
}

/** The bytes of one answer, in order. */
class Bytes {
  #reader;
  #part;
  #facts;
  #at;
  #end;
  /** Up to here they can be read. */
  #until;
  #movedAt = Date.now();
  /** Where they are, in the database or under the file's name. */
  #chunks;
  #published;

  constructor(reader, part, facts, start, end) {
    this.#reader = reader;
    this.#part = part;
    this.#facts = facts;
    this.#at = start;
    this.#end = end;
    this.#until = start;
  }

  close() {
    this.#reader.close();
  }

  /** The next of them; undefined at the end. Rejects when there will be no more. */
  async next() {
    for (;;) {
      if (this.#at === this.#end) return undefined;
      if (this.#at === this.#until && !(await this.#extend())) {
        await sleep(PAUSE);
        continue;
      }
      const to = Math.min(this.#until, this.#at + STEP);
      if (to === this.#at) continue;
      const bytes = await this.#read(this.#at, to);
      if (bytes !== undefined) {
        this.#at = to;
        this.#movedAt = Date.now();
        return bytes;
      }
      // It was moved to its name, perhaps, and the engine will say so.
      this.#until = this.#at;
      this.#checkTime();
      await sleep(PAUSE);
    }
  }

  /** Asks how far the bytes can be read; false while none is there. */
  async #extend() {
    const told = await this.#reader.ask({ at: this.#at, part: this.#part });
    switch (told.state) {
      case "fetched":
        this.#chunks = told.chunks;
        this.#end ??= told.size ?? null;
        this.#until = Math.min(told.until, this.#end ?? Infinity);
        return this.#until > this.#at || this.#at === this.#end;
      case "published":
        return this.#open();
      case "absent":
        throw new Error("the download was cancelled");
      case "changed":
        throw new Error("the file has changed on its server");
      default:
        throw new Error(told.message ?? `the file is ${told.state}`);
    }
  }

  /** The file stands under its name; what was begun goes on in it if it is the same. */
  async #open() {
    const { queue, localFile } = this.#reader;
    const file = await publishedFile(queue.name, localFile);
    if (file === undefined) {
      this.#checkTime();
      return false;
    }
    const { size, etag, lastModified } = this.#facts;
    const isSame =
      file.facts.etag === etag &&
      file.facts.size === (size ?? file.facts.size) &&
      file.facts.lastModified === (lastModified ?? file.facts.lastModified);
    if (!isSame) throw new Error("another file stands under the name");
    this.#published = file;
    this.#end ??= file.facts.size;
    this.#until = this.#end;
    return true;
  }

  async #read(start, end) {
    const blob = await this.#bytes(start, end);
    try {
      return blob?.size === end - start ? new Uint8Array(await blob.arrayBuffer()) : undefined;
    } catch (error) {
      if (error?.name === "NotReadableError" || error?.name === "NotFoundError") return undefined;
      throw error;
    }
  }

  async #bytes(start, end) {
    const { name } = this.#reader.queue;
    if (this.#published !== undefined) return this.#published.body(start, end);
    if (this.#chunks !== undefined) return bytesOfChunks(name, this.#chunks, start, end);
    return (await fileAt(name, ["parts", this.#part]))?.slice(start, end);
  }

  /** What is said to be there is not: for a moment that is how a file moves to its name. */
  #checkTime() {
    if (Date.now() - this.#movedAt > this.#reader.queue.timeout) throw new Error("the file cannot be read");
  }
}

/** A body that reads on only when somebody wants more of it. */
function stream(bytes) {
  const source = {
    async pull(controller) {
      try {
        const chunk = await bytes.next();
        if (chunk === undefined) {
          bytes.close();
          controller.close();
        } else {
          controller.enqueue(chunk);
        }
      } catch (error) {
        bytes.close();
        controller.error(error);
      }
    },
    cancel: () => bytes.close(),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

function sleep(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
