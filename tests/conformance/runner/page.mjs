/**
 * The conformance rows in a page. The package runs in a frame of its own, so that a row can reload it: the frame goes,
 * its worker with it, and another one comes.
 *
 * The test's own process gives `nextCase`, `headerConstants`, `serve` and `contents` (see `chrome.test.mjs`).
 */
import { runRow } from "./row.mjs";

/** Runs cases until there are no more; resolves with what was found where they do not hold. */
export async function runAll() {
  const failures = [];
  const constants = await globalThis.headerConstants();
  for (;;) {
    const one = await globalThis.nextCase();
    if (one === null) return failures;
    const found = await runRow(await placeFor(one.index, constants), one.row, one.way, one.options);
    if (found !== null) failures.push({ index: one.index, found });
  }
}

let frame = null;

async function placeFor(index, constants) {
  if (frame === null) await load();
  const directory = `/${index}`;
  const place = {
    qmgr: frame.contentWindow.qmgr,
    constants,
    base: location.origin + directory,
    open: (options) => place.qmgr.QueueManager.open({ ...options, name: directory, storage: "opfs" }),
    serve: (path, changes) => globalThis.serve(directory + path, changes),
    contents: () => globalThis.contents(directory),
    reload: async () => {
      await load();
      place.qmgr = frame.contentWindow.qmgr;
    },
  };
  return place;
}

async function load() {
  frame?.remove();
  frame = document.createElement("iframe");
  frame.src = "/frame";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  document.body.append(frame);
  await loaded;
}
