// The worker in which the engine runs. Its page sends `start` with the compiled module, and `stop`.
import { initSync, runWorker } from "./qmgr.js";

/** A promise of the engine, from its start on. */
let engine;

self.addEventListener("message", ({ data }) => {
  if (data.type === "start") engine = start(data);
  if (data.type === "stop") void stop();
});

async function start({ module, name, storage, worker }) {
  try {
    initSync({ module });
    return await runWorker({ name, storage, worker }, report);
  } catch (error) {
    const { hresult = 0x80004005, message = String(error) } = Object(error);
    report({ failed: { hresult, message } });
    return undefined;
  }
}

function report({ failed }) {
  if (failed) self.postMessage({ type: "failed", ...failed });
}

async function stop() {
  try {
    await (await engine)?.stop();
  } finally {
    self.postMessage({ type: "stopped" });
  }
}
