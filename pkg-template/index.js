// The entry `qmgr`, for browsers and bundlers. The two `new URL(…, import.meta.url)` are written out because
// that is the form in which bundlers find files; both are files that run where they are, as they are.
import { usePlatform } from "./lib/platform.js";

usePlatform({
  wasm: () => new URL("./qmgr_bg.wasm", import.meta.url),
  worker: () => new URL("./worker.js", import.meta.url),
  cure: (file, option) =>
    `Serve ${file} beside index.js of the package, or say where it is with the option \`${option}\` of ` +
    'QueueManager.open(). Vite 7 and earlier need optimizeDeps.exclude: ["qmgr"] in development; there, and with ' +
    'Rollup, esbuild or a content delivery network, "qmgr/inline" brings its files along.',
});

export * from "./lib/exports.js";
