// The WebAssembly module: compiled once for the page, and handed to its worker.
import { QM_E_SERVICE_UNAVAILABLE } from "../constants.js";
import init, { registerErrorClass } from "../qmgr.js";
import { platform } from "./platform.js";
import { QmgrError } from "./qmgr-error.js";

const CURE =
  "Serve qmgr_bg.wasm beside the package's other files (in Vite's development server: " +
  'optimizeDeps.exclude: ["qmgr"]), or say where it is with the option `wasm` of QueueManager.open().';

/** @type {Promise<WebAssembly.Module> | undefined} */
let loading;

/**
 * The compiled module, once its exports may be called. The first caller's `source` counts; after a
 * failure the next caller tries anew.
 */
export function load(source) {
  loading ??= start(source).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function start(source) {
  const module = await compile(source ?? (await platform.wasm()));
  // Another module would be taken by `init`, which takes no second one.
  const isOurs = WebAssembly.Module.exports(module).some(({ name }) => name === "registerErrorClass");
  if (!isOurs) throw unavailable(`the module is not the one of this package. ${CURE}`);
  await explained(init({ module_or_path: module }), "the module could not be started");
  registerErrorClass(QmgrError);
  return module;
}

async function compile(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return compileBytes(source, "the option wasm");
  const response = source instanceof Response ? source : await get(source);
  const what = response.url || "the answer";
  if (!response.ok) throw unavailable(`${what} answered ${response.status}. ${CURE}`);
  if (/^application\/wasm\s*(;|$)/i.test(response.headers.get("content-type") ?? "")) {
    return explained(WebAssembly.compileStreaming(response), `${what} could not be compiled`);
  }
  // Compiling while it loads asks for that type; servers that do not know it are many.
  return compileBytes(await explained(response.arrayBuffer(), `${what} could not be read`), what);
}

async function get(url) {
  try {
    return await fetch(url);
  } catch (cause) {
    throw unavailable(`${url} could not be fetched. ${CURE}`, cause);
  }
}

function compileBytes(bytes, what) {
  const start = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  const isModule = [0x00, 0x61, 0x73, 0x6d].every((byte, index) => start[index] === byte);
  if (!isModule) {
    const found = start[0] === 0x3c ? "an HTML page, as servers send for what they do not have" : "no WebAssembly";
    throw unavailable(`${what} is ${found}. ${CURE}`);
  }
  return explained(WebAssembly.compile(bytes), `${what} could not be compiled`);
}

async function explained(attempt, failure) {
  try {
    return await attempt;
  } catch (cause) {
    throw unavailable(`${failure}: ${cause.message}`, cause);
  }
}

function unavailable(message, cause) {
  return new QmgrError(QM_E_SERVICE_UNAVAILABLE, message, cause === undefined ? undefined : { cause });
}
