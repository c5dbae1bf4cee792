/**
 * Everything the page shows of a group, read once into plain data: the getters answer from the page's own copy, so this
 * costs no message. Being data, it can be kept, compared and drawn again later.
 */
import { GROUPPROP_DISPLAYNAME, QM_PROGRESS_PERCENT_DONE } from "../qmgr/index.js";

/**
 * @typedef {object} GroupReading
 * @property {string} groupId
 * @property {string} name  its display name; its id where it has none
 * @property {number} status  the status word
 * @property {number} percent
 * @property {import("../qmgr/index.js").GroupDetails} details
 * @property {null | { jobId: string, fileCount: number } & import("../qmgr/index.js").JobStatus} job
 */

/**
 * @param {import("../qmgr/index.js").Group} group
 * @returns {GroupReading | null} null once the group is cancelled
 */
export function readGroup(group) {
  try {
    const job = jobOf(group);
    return {
      groupId: group.groupId,
      name: group.getProp(GROUPPROP_DISPLAYNAME) || `Group ${group.groupId.slice(0, 8)}`,
      status: group.getStatus().status,
      percent: group.getProgress(QM_PROGRESS_PERCENT_DONE),
      details: group.getDetails(),
      job: job && { jobId: job.jobId, fileCount: job.getFileCount(), ...job.getStatus() },
    };
  } catch (error) {
    // Every getter of a cancelled group fails; here or in another tab, somebody has cancelled it.
    if (error.code !== "QM_E_INVALID_STATE") throw error;
    return null;
  }
}

/** The group's one job, or null. */
export function jobOf(group) {
  const [jobId] = group.enumJobs();
  return jobId === undefined ? null : group.getJob(jobId);
}
