/** Why a group is not moving, in words. */
import { duration } from "./format.js";
import { hresultText } from "./hresult.js";

const REASONS = {
  "turn": "its turn: background groups run one after another",
  "backoff": "a while after a failure",
  "retry-after": "as long as the server asked",
  "offline": "the network",
  "storage-busy": "another window to let go of the file",
  "no-active-tab": "a tab to take over",
};

/** Why a group waits, and until when, as seen at a time. */
export function waitText({ reason, nextAttemptAt, lastError }, now = Date.now()) {
  const cause = lastError === null ? "" : ` (${hresultText(lastError.hresult)})`;
  return `Waiting ${reason === "backoff" || reason === "retry-after" ? "" : "for "}${REASONS[reason]}${untilText(nextAttemptAt, now)}${cause}.`;
}

const SHORT = { "turn": "Its turn comes", "backoff": "After a failure", "retry-after": "The server asked to wait", "offline": "No network", "storage-busy": "The file is held elsewhere", "no-active-tab": "No tab transfers" };

/** The same in a few words, for a list. */
export function shortWait({ reason, nextAttemptAt }) {
  return SHORT[reason] + untilText(nextAttemptAt);
}

function untilText(nextAttemptAt, now = Date.now()) {
  return nextAttemptAt === null ? "" : `, next attempt in ${duration((nextAttemptAt - now) / 1000)}`;
}

/** What went wrong, and with which file. */
export function errorText({ hresult, message, fileIndex }) {
  const file = fileIndex < 0 ? "" : ` File ${fileIndex}.`;
  return `${hresultText(hresult)}: ${message}${/[.!?]$/.test(message) ? "" : "."}${file}`;
}

/** The same in a few words, for a list. */
export function shortError({ code, fileIndex }) {
  return fileIndex < 0 ? code : `${code}, file ${fileIndex}`;
}
