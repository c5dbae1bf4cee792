/** The WebAssembly module, for the option `wasm` of `QueueManager.open`. What an import of it gives is the bundler's affair. */
declare const module: unknown;
export default module;
