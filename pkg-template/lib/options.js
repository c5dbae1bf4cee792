// The options of `QueueManager.open`, judged before anything is loaded.
import { E_INVALIDARG } from "../constants.js";
import { QmgrError } from "./qmgr-error.js";

const DWORD = 0xffffffff;

/**
 * What `open` works with: `storage` is undefined for "auto", `settings` holds only what was named, in
 * the engine's spelling.
 */
export function readOptions(options = {}) {
  if (options === null || typeof options !== "object") {
    throw new QmgrError(E_INVALIDARG, "the options are no object");
  }
  const { name = "default", storage = "auto", owner, credentials, onRequest, fetch, wasm, worker } = options;
  if (typeof name !== "string" || name === "") refuse("name", "a string that is not empty");
  wellFormed("name", name);
  oneOf("storage", storage, ["auto", "opfs", "indexeddb", "memory"]);
  if (credentials !== undefined) oneOf("credentials", credentials, ["omit", "same-origin", "include"]);
  if (fetch !== undefined && typeof fetch !== "function") refuse("fetch", "a function");
  if (onRequest !== undefined && typeof onRequest !== "function") refuse("onRequest", "a function");
  return {
    name,
    storage: storage === "auto" ? undefined : storage,
    caller: { owner: readOwner(owner), credentials },
    settings: readSettings(options),
    onRequest,
    fetch,
    wasm: readWasm(wasm),
    worker: readWorker(worker),
  };
}

function readOwner(owner) {
  if (owner === undefined) return undefined;
  object("owner", owner);
  const { user, administrator = false } = owner;
  if (typeof user !== "string") refuse("owner.user", "a string");
  wellFormed("owner.user", user);
  if (typeof administrator !== "boolean") refuse("owner.administrator", "a boolean");
  return { user, administrator };
}

function readSettings(options) {
  const { retry, checkpoint, resume, connections, timeSlice, limits, inactivityTimeout } = options;
  if (resume !== undefined) oneOf("resume", resume, ["proven", "likely"]);
  return withoutUndefined({
    retry: numbers("retry", retry, {
      minimumDelay: [0],
      maximumDelay: [0],
      noProgressTimeout: [0],
      stallTimeout: [1],
    }),
    checkpoint: numbers("checkpoint", checkpoint, { bytes: [1], interval: [0] }),
    resume,
    connections: readConnections(connections),
    timeSlice: integer("timeSlice", timeSlice, 1),
    limits: numbers("limits", limits, { groups: [0, DWORD], filesPerJob: [0, DWORD] }),
    inactivityTimeout:
      inactivityTimeout === Infinity ? null : integer("inactivityTimeout", inactivityTimeout, 0),
  });
}

function readConnections(connections) {
  if (connections === undefined) return undefined;
  object("connections", connections);
  const perFile = connections.perFile === "auto" ? undefined : connections.perFile;
  const counts = { perFile: [1, DWORD], perOrigin: [1, DWORD], total: [1, DWORD] };
  return numbers("connections", { ...connections, perFile }, counts);
}

function readWasm(wasm) {
  const known =
    wasm === undefined ||
    typeof wasm === "string" ||
    wasm instanceof URL ||
    wasm instanceof Response ||
    wasm instanceof ArrayBuffer ||
    ArrayBuffer.isView(wasm) ||
    wasm instanceof WebAssembly.Module;
  if (!known) refuse("wasm", "a URL, a Response, bytes or a WebAssembly.Module");
  return wasm;
}

function readWorker(worker) {
  const known =
    worker === undefined ||
    typeof worker === "string" ||
    typeof worker === "function" ||
    worker instanceof URL;
  if (!known) refuse("worker", "a URL or a function that returns a Worker");
  return worker;
}

/** The members of a group of options that are named, each an integer within its bounds. */
function numbers(option, group, bounds) {
  if (group === undefined) return undefined;
  object(option, group);
  const read = ([name, [least, most]]) => [name, integer(`${option}.${name}`, group[name], least, most)];
  return withoutUndefined(Object.fromEntries(Object.entries(bounds).map(read)));
}

function integer(option, value, least, most = Number.MAX_SAFE_INTEGER) {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(option, `an integer from ${least} to ${most}`);
}

function oneOf(option, value, values) {
  if (!values.includes(value)) refuse(option, `one of ${values.join(", ")}`);
}

function wellFormed(option, text) {
  if (/\p{Surrogate}/u.test(text)) refuse(option, "well-formed UTF-16");
}

function object(option, value) {
  if (value === null || typeof value !== "object") refuse(option, "an object");
}

function withoutUndefined(group) {
  return Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined));
}

function refuse(option, wanted) {
  throw new QmgrError(E_INVALIDARG, `the option ${option} is not ${wanted}`);
}
