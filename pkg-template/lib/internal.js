// What the classes of the package share and do not show.
import { E_INVALIDARG } from "../constants.js";
import { QmgrError } from "./qmgr-error.js";

/** Only the package constructs its classes, and shows that it is the package with this. */
export const internal = Symbol("qmgr");

export function assertInternal(token) {
  if (token !== internal) throw new TypeError("Illegal constructor");
}

/**
 * Makes a call that travels to the engine, and waits for it no longer than `options.signal` allows.
 * A signal that is aborted already prevents the call.
 */
export async function travel(options, call) {
  const signal = signalOf(options);
  if (signal === undefined) return call();
  signal.throwIfAborted();
  const { promise: aborted, reject } = withReject();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([call(), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** What the caller's object holds; one that throws when it is read is a bad argument. */
export function reading(what, read) {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof QmgrError) throw cause;
    throw new QmgrError(E_INVALIDARG, `${what} throws`, { cause });
  }
}

function signalOf(options) {
  if (options === undefined) return undefined;
  if (options === null || typeof options !== "object") {
    throw new QmgrError(E_INVALIDARG, "the options are no object");
  }
  const signal = reading("options.signal", () => options.signal);
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new QmgrError(E_INVALIDARG, "options.signal is no AbortSignal");
  }
  return signal;
}

function withReject() {
  let reject;
  const promise = new Promise((_, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
