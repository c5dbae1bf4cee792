// The entry for Node.js, where the engine runs in process. The build makes node.cjs of it, and a node.js that exports
// the same: whether a program imports or requires the package, there is one of it.
import { readFile } from "node:fs/promises";
import { usePlatform } from "./lib/platform.js";

usePlatform({
  wasm: () => readFile(new URL("./qmgr_bg.wasm", import.meta.url)),
  cure: (file, option) =>
    `Keep the package out of bundles for servers (call it external), or copy ${file} to where it is looked for, or ` +
    `pass it with the option \`${option}\` of QueueManager.open().`,
});

export * from "./lib/exports.js";
