// The worker in which the engine runs. Its page sends `start` with the compiled module, `visible` when
// it is shown or hidden, and `stop`. An engine starts another one and sends `hash`.
import { hashForEngine, initSync, TabWorker } from "./qmgr.js";

let worker;

self.addEventListener("message", ({ data }) => {
  if (data.type === "start") start(data);
  if (data.type === "visible") worker?.setVisible(data.visible);
  if (data.type === "stop") void stop();
  if (data.type === "hash") hash(data);
});

function start({ module, type: _, life, ...options }) {
  live(life);
  try {
    initSync({ module });
    worker = TabWorker.start(options, report, anotherWorker);
  } catch (error) {
    const { hresult = 0x80004005, message = String(error) } = Object(error);
    report({ failed: { hresult, message } });
  }
}

/** Holds a lock until it ends: a page that waits for it learns of an end that no event tells of. */
function live(life) {
  const alive = () => {
    self.postMessage({ type: "alive" });
    return new Promise(() => {});
  };
  // Without it the engine runs all the same.
  navigator.locks?.request(life, alive).catch(() => {});
}

/** A worker of this very script; where it cannot be had, the engine hashes without one. */
function anotherWorker() {
  return new Worker(self.location.href, { type: "module" });
}

function hash({ module }) {
  initSync({ module });
  hashForEngine();
}

/** The worker's life is over: what it had open goes with it, even if its page does not listen. */
function report(end) {
  worker = undefined;
  self.postMessage(end === "over" ? { type: "over" } : { type: "failed", ...end.failed });
  self.close();
}

async function stop() {
  const stopping = worker?.stop();
  worker = undefined;
  try {
    await stopping;
  } finally {
    self.postMessage({ type: "stopped" });
  }
}
