// The entry for Node.js, where the engine runs in process.
import { readFile } from "node:fs/promises";
import { usePlatform } from "./lib/platform.js";

usePlatform({
  wasm: () => readFile(new URL("./qmgr_bg.wasm", import.meta.url)),
});

export * from "./lib/exports.js";
