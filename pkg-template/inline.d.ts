/**
 * The package with its WebAssembly module and its worker inside: for Rollup, esbuild, the development server of Vite 7
 * and earlier, and content delivery networks. The worker starts from a `blob:` address, which a content security policy
 * has to allow in `worker-src`; where it does not, `open` rejects with QM_E_SERVICE_UNAVAILABLE and says so.
 *
 * @example
 * import { QueueManager } from "qmgr/inline";
 *
 * const queue = await QueueManager.open();
 *
 * @module
 */
export * from "./index.js";
