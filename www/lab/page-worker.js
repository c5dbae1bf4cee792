/**
 * A page's worker, made by the page itself (the option `worker` of `QueueManager.open`): so the laboratory can end it as
 * a browser does that is short of memory.
 */
import { scriptUrl } from "./script-url.js";

let current;

/** Makes the worker of this page. */
export function makeWorker() {
  current = new Worker(scriptUrl("../qmgr/worker.js", import.meta.url), { type: "module" });
  return current;
}

/** Ends it without a word to anybody. The page has none from then on, until it is loaded again. */
export function killWorker() {
  current?.terminate();
}
