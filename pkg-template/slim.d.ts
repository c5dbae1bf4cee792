/**
 * The package without its WebAssembly module and its worker: for libraries that leave it to their host where files come
 * from. Nothing is loaded until `open` is given both; without one of them it rejects with E_INVALIDARG, but `memory`
 * storage needs no worker.
 *
 * @example
 * import { QueueManager } from "qmgr/slim";
 *
 * const queue = await QueueManager.open({ wasm: "/assets/qmgr.wasm", worker: "/assets/qmgr-worker.js" });
 *
 * @module
 */
export * from "./index.js";
