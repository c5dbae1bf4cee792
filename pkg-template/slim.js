// The entry `qmgr/slim`, which loads nothing but what the options `wasm` and `worker` name.
import { usePlatform } from "./lib/platform.js";

usePlatform({});

export * from "./lib/exports.js";
