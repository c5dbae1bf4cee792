// What an entry of the package knows and the rest does not: where its files are.

/**
 * @typedef {object} Platform
 * @property {() => URL | Response | Promise<BufferSource>} [wasm] Where the module is, or what it is; absent where
 *   the caller has to say.
 * @property {() => URL} [worker] Where the script of the worker is, in which the engine runs; absent where the caller
 *   has to say, or where the engine only runs in process.
 * @property {(file: string, option: string) => string} [cure] What to do when one of these cannot be had: the name of
 *   the file, and of the option of `open` that stands in for it.
 */

/** @type {Platform} */
export let platform;

/** Called once by each entry, before anything else of the package runs. */
export function usePlatform(entry) {
  platform = entry;
}
