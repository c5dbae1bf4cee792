/** What the record keeps of a group: enough to show it again, and no more than a few files and ranges. */
import { jobOf } from "../app/read-group.js";

const FILES = 4;
const RANGES = 32;

/**
 * @param {import("../app/read-group.js").GroupReading} reading
 * @param {import("../qmgr/index.js").Group} group
 * @returns {import("./record-model.js").Row}
 */
export function rowOf({ groupId, name, status, details }, group) {
  const { state, bytesDone, bytesTotal, wait, error } = details;
  return { groupId, name, status, state, bytesDone, bytesTotal, wait, error, files: filesOf(group) };
}

function filesOf(group) {
  try {
    const job = jobOf(group);
    if (job === null) return [];
    return Array.from({ length: Math.min(FILES, job.getFileCount()) }, (_, index) => {
      const { localFile, bytesDone, bytesTotal, ranges } = job.getFileDetails(index);
      return { localFile, bytesDone, bytesTotal, ranges: ranges.slice(0, RANGES) };
    });
  } catch (error) {
    // It may be cancelled between the reading and this look.
    if (error.code !== "QM_E_INVALID_STATE") throw error;
    return [];
  }
}
