// The files of the package that are loaded while it runs: what is said when one of them cannot be had.
import { QM_E_SERVICE_UNAVAILABLE } from "../constants.js";
import { platform } from "./platform.js";
import { QmgrError } from "./qmgr-error.js";

export const MODULE = { file: "qmgr_bg.wasm", option: "wasm", entry: "qmgr/qmgr.wasm" };
export const WORKER = { file: "worker.js", option: "worker", entry: "qmgr/worker" };

/** What to do about a file; `isNamed`: it comes from the caller's option, not from the package. */
export function cureOf({ file, option, entry }, isNamed) {
  if (isNamed) return `It comes from the option \`${option}\` of QueueManager.open(); the package's own is ${entry}.`;
  return platform.cure(file, option);
}

/** What is wrong with an answer that should be one of the files; undefined where its head does not show it. */
export function complaintOf(response) {
  const what = response.url || "the answer";
  if (!response.ok) return `${what} answered ${response.status}`;
  if (typeOf(response) === "text/html") return `${what} is ${HTML}`;
  return undefined;
}

export const HTML = "an HTML page, as servers send for what they do not have";

export function typeOf(response) {
  return (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
}

export function unavailable(message, cause) {
  return new QmgrError(QM_E_SERVICE_UNAVAILABLE, message, cause === undefined ? undefined : { cause });
}
