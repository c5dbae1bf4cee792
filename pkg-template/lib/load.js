// The WebAssembly module: compiled once for the page, and handed to its worker.
import { E_INVALIDARG } from "../constants.js";
import init, { registerErrorClass } from "../qmgr.js";
import { complaintOf, cureOf, HTML, MODULE, typeOf, unavailable } from "./own-files.js";
import { platform } from "./platform.js";
import { QmgrError } from "./qmgr-error.js";

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
  if (source === undefined && platform.wasm === undefined) {
    throw new QmgrError(E_INVALIDARG, `the option wasm is missing: this entry loads nothing by itself. The file is ${MODULE.entry}`);
  }
  const cure = cureOf(MODULE, source !== undefined);
  const found = source ?? (await explained(platform.wasm(), "the module could not be read", cure));
  const module = await compile(found, cure);
  // Another module would be taken by `init`, which takes no second one.
  const isOurs = WebAssembly.Module.exports(module).some(({ name }) => name === "registerErrorClass");
  if (!isOurs) throw unavailable(`the module is not the one of this package. ${cure}`);
  await explained(init({ module_or_path: module }), "the module could not be started", cure);
  registerErrorClass(QmgrError);
  return module;
}

async function compile(source, cure) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return compileBytes(source, "the module", cure);
  const response = source instanceof Response ? source : await explained(fetch(source), `${source} could not be fetched`, cure);
  const complaint = complaintOf(response);
  if (complaint !== undefined) throw unavailable(`${complaint}. ${cure}`);
  const what = response.url || "the answer";
  if (typeOf(response) === "application/wasm") {
    return explained(WebAssembly.compileStreaming(response), `${what} could not be compiled`, cure);
  }
  // Compiling while it loads asks for that type; servers that do not know it are many.
  return compileBytes(await explained(response.arrayBuffer(), `${what} could not be read`, cure), what, cure);
}

function compileBytes(bytes, what, cure) {
  const start = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  const isModule = [0x00, 0x61, 0x73, 0x6d].every((byte, index) => start[index] === byte);
  if (!isModule) throw unavailable(`${what} is ${start[0] === 0x3c ? HTML : "no WebAssembly"}. ${cure}`);
  return explained(WebAssembly.compile(bytes), `${what} could not be compiled`, cure);
}

async function explained(attempt, failure, cure) {
  try {
    return await attempt;
  } catch (cause) {
    throw unavailable(`${failure}: ${cause.message}. ${cure}`, cause);
  }
}
