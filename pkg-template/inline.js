// The entry `qmgr/inline`, which carries its files: for bundlers that move the JavaScript and nothing else.
// What it carries comes from the build: the module compressed, in base64, and the worker's script.
import { wasm, worker } from "qmgr:carried";
import { usePlatform } from "./lib/platform.js";

let script;

usePlatform({
  wasm: () => {
    const module = bytesOf(wasm).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(module, { headers: { "content-type": "application/wasm" } });
  },
  // The address stays good: the worker starts another one from it.
  worker: () => (script ??= new URL(URL.createObjectURL(new Blob([worker], { type: "text/javascript" })))),
  cure: () =>
    'Allow blob: in worker-src of the content security policy, or import "qmgr", whose worker is a file, or pass ' +
    "the option `worker` of QueueManager.open().",
});

function bytesOf(base64) {
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]);
}

export * from "./lib/exports.js";
