/** What the bench calls in its page, as `bench.…`. */
import * as opfsTools from "./contestants/opfs-tools.js";
import * as qmgr from "./contestants/qmgr.js";
import * as wllama from "./contestants/wllama.js";

/** These bring workers of their own. */
const contestants = { opfsTools, qmgr, wllama };

let worker;

function inWorker(contestant, method, args) {
  worker ??= new Worker("/bench/worker.js", { type: "module" });
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data: { error, value } }) => (error ? reject(error) : resolve(value));
    worker.onerror = (event) => reject(new Error(`the worker failed: ${event.message}`));
    worker.postMessage({ contestant, method, args, port: port2 }, [port2]);
  });
}

globalThis.bench = {
  /** Calls a contestant, wherever it runs. Where it has no `prepare`, that starts its worker and no more. */
  async call(contestant, method, ...args) {
    const own = contestants[contestant];
    return own ? own[method]?.(...args) : inWorker(contestant, method, args);
  },

  /** Calls, and tells how long that took in milliseconds, and what came back. */
  async time(contestant, method, ...args) {
    const start = performance.now();
    const value = await this.call(contestant, method, ...args);
    return { ms: performance.now() - start, value };
  },

  /** The sizes of stored files, and their hashes where those are wanted. */
  async inspect(contestant, names, { hash }) {
    const found = [];
    for (const name of names) {
      const blob = await this.call(contestant, "open", name);
      found.push({ size: blob.size, integrity: hash ? await this.call("hashingLoop", "integrityOf", blob) : null });
    }
    return found;
  },
};
