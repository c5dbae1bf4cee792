import { duration } from "./format.js";
import { hresultText } from "./hresult.js";

const REASONS = {
  "turn": "Waiting for its turn: background groups run one after another",
  "backoff": "Waiting after a failure",
  "retry-after": "Waiting as long as the server asked",
  "offline": "Waiting for the network",
  "storage-busy": "Waiting for another window to let go of the file",
  "no-active-tab": "Waiting for a tab to take over",
};

/** Why a group is not moving, and until when. */
export function waitText({ reason, nextAttemptAt, lastError }, now = Date.now()) {
  const until = nextAttemptAt === null ? "" : `, next attempt in ${duration((nextAttemptAt - now) / 1000)}`;
  const cause = lastError === null ? "" : ` (${hresultText(lastError.hresult)})`;
  return `${REASONS[reason]}${until}${cause}.`;
}

/** What went wrong, and with which file. */
export function errorText({ hresult, message, fileIndex }) {
  const file = fileIndex < 0 ? "" : ` File ${fileIndex}.`;
  return `${hresultText(hresult)}: ${message}${/[.!?]$/.test(message) ? "" : "."}${file}`;
}
