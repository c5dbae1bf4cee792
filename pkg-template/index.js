// The entry for browsers and bundlers. The two `new URL(…, import.meta.url)` are written out because
// that is the form in which Vite and webpack find the files.
import { usePlatform } from "./lib/platform.js";

usePlatform({
  wasm: () => new URL("./qmgr_bg.wasm", import.meta.url),
  worker: () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),
});

export * from "./lib/exports.js";
