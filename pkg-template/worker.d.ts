/**
 * The script of the worker, in one file that imports nothing: for the option `worker` of `QueueManager.open`. It has no
 * exports.
 *
 * @example
 * import worker from "qmgr/worker?url"; // Vite
 *
 * const queue = await QueueManager.open({ worker });
 *
 * @module
 */
export {};
