// What an entry of the package knows and the rest does not: where its files are.

/**
 * @typedef {object} Platform
 * @property {() => URL | Promise<BufferSource>} wasm Where the module is, or its bytes.
 * @property {() => Worker} [worker] Starts the worker in which the engine runs; absent where the
 *   engine only runs in process.
 */

/** @type {Platform} */
export let platform;

/** Called once by each entry, before anything else of the package runs. */
export function usePlatform(entry) {
  platform = entry;
}
