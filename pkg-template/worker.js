// The worker in which the engine runs. Its page sends `start` with the compiled module, `visible` when
// it is shown or hidden, and `stop`.
import { initSync, TabWorker } from "./qmgr.js";

let worker;

self.addEventListener("message", ({ data }) => {
  if (data.type === "start") start(data);
  if (data.type === "visible") worker?.setVisible(data.visible);
  if (data.type === "stop") void stop();
});

function start({ module, type: _, ...options }) {
  try {
    initSync({ module });
    worker = TabWorker.start(options, report);
  } catch (error) {
    const { hresult = 0x80004005, message = String(error) } = Object(error);
    report({ failed: { hresult, message } });
  }
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
