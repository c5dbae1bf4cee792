/** The four figures of `IBackgroundCopyJob1::GetStatus`, with their names, and the ids. */
import { describeStatus } from "../qmgr/index.js";
import { element, setText } from "./element.js";
import { hex } from "./format.js";
import { hresultText } from "./hresult.js";

const NONE = "–";

/** The reason phrases of the answers that a download meets, by RFC 9110. */
const PHRASES = {
  400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
  409: "Conflict", 410: "Gone", 412: "Precondition Failed", 416: "Range Not Satisfiable", 429: "Too Many Requests",
  451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
  503: "Service Unavailable", 504: "Gateway Timeout", 507: "Insufficient Storage",
};

/** The Win32 numbers that a download can end in, by their names in `winerror.h` and `wininet.h`. */
const WIN32 = {
  2: "ERROR_FILE_NOT_FOUND", 5: "ERROR_ACCESS_DENIED", 32: "ERROR_SHARING_VIOLATION", 112: "ERROR_DISK_FULL",
  1223: "ERROR_CANCELLED", 12002: "ERROR_INTERNET_TIMEOUT", 12005: "ERROR_INTERNET_INVALID_URL",
};

export class JobStatusView {
  #fields = new Map();
  element = element("section", { className: "panel job-status" }, element("h3", {}, "Job status"));

  constructor() {
    const rows = [["status", "dwStatus"], ["win32", "dwWin32Result"], ["transport", "dwTransportResult"], ["retries", "dwNumOfRetries"], ["jobId", "job id"], ["groupId", "group id"]];
    this.element.append(element("dl", { className: "facts-list" }, ...rows.map(([field, name]) => {
      const value = element("dd", { data: { field } }, NONE);
      this.#fields.set(field, value);
      return element("div", {}, element("dt", {}, element("code", {}, name)), value);
    })));
  }

  /** @param {import("./read-group.js").GroupReading} reading */
  show({ job, groupId }) {
    const set = (field, text) => setText(this.#fields.get(field), text);
    set("status", job ? `${hex(job.status, 2)} ${describeStatus(job.status).join(" ")}` : "no job yet");
    set("win32", job ? win32Text(job.win32Result) : NONE);
    set("transport", job ? transportText(job.transportResult) : NONE);
    set("retries", job ? String(job.numOfRetries) : NONE);
    set("jobId", job?.jobId ?? NONE);
    set("groupId", groupId);
  }
}

function transportText(result) {
  if (result === 0) return NONE;
  return PHRASES[result] ? `${result} ${PHRASES[result]}` : String(result);
}

/** A failure that Windows has no number for is the HRESULT itself. */
function win32Text(result) {
  if (result === 0) return NONE;
  if (result > 0xffff) return hresultText(result);
  return WIN32[result] ? `${result} ${WIN32[result]}` : String(result);
}
