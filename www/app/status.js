/**
 * The eleven bits of `qmgr.h`, in words. The values come from the package; a reader of the header finds the same names.
 */
import * as qmgr from "../qmgr/index.js";

/** The three levels, each a word of its own; its bits from the highest to the lowest, as one reads hex. */
export const LEVELS = [
  {
    level: "group",
    title: "Group",
    call: "getStatus()",
    prefix: "QM_STATUS_GROUP_",
    bits: [
      bit("QM_STATUS_GROUP_FOREGROUND", "Handled in the foreground: before all background groups, beside the other foreground ones. There is no way back."),
      bit("QM_STATUS_GROUP_ERROR", "Failed. A failed group is suspended, and keeps what it has."),
      bit("QM_STATUS_GROUP_SUSPENDED", "Not to be worked on: new, paused, failed or finished."),
      bit("QM_STATUS_GROUP_INCOMPLETE", "Not all files are there."),
      bit("QM_STATUS_GROUP_COMPLETE", "All files are there, under their names."),
    ],
  },
  {
    level: "job",
    title: "Job",
    call: "getStatus()",
    prefix: "QM_STATUS_JOB_",
    bits: [
      bit("QM_STATUS_JOB_FOREGROUND", "In the header, but never set: foreground is the group's."),
      bit("QM_STATUS_JOB_ERROR", "Failed; the HTTP and Win32 results say how."),
      bit("QM_STATUS_JOB_INCOMPLETE", "Not all of the job's files are there."),
      bit("QM_STATUS_JOB_COMPLETE", "All of the job's files are there."),
    ],
  },
  {
    level: "file",
    title: "File",
    call: "getFileDetails()",
    prefix: "QM_STATUS_FILE_",
    bits: [
      bit("QM_STATUS_FILE_INCOMPLETE", "The file is not there whole."),
      bit("QM_STATUS_FILE_COMPLETE", "The file is there whole."),
    ],
  },
];

function bit(name, meaning) {
  return { name, meaning, value: qmgr[name], error: name.endsWith("_ERROR") };
}

/** What a group's word says, as a sentence. */
export function meaningOf(word) {
  const foreground = word & qmgr.QM_STATUS_GROUP_FOREGROUND ? " In the foreground." : "";
  return sentence(word) + foreground;
}

function sentence(word) {
  if (word & qmgr.QM_STATUS_GROUP_ERROR) return "Failed, and suspended by that: resume it once the cause is mended.";
  if (word & qmgr.QM_STATUS_GROUP_COMPLETE) return "Complete, and suspended by that. Cancel takes the group off the queue and keeps its files.";
  if (word & qmgr.QM_STATUS_GROUP_SUSPENDED) return "Incomplete and suspended: nothing happens until it is resumed.";
  return "Incomplete and not suspended: the queue works on it, or will when its turn comes.";
}
