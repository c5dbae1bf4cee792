// Everything that the package exports, whatever its entry.
export * from "../constants.js";
export { describeHresult, describeStatus } from "./describe.js";
export { QmgrError } from "./qmgr-error.js";
export { GuidEnumerator } from "./guid-enumerator.js";
export { Job } from "./job.js";
export { Group } from "./group.js";
export { QueueManager } from "./queue-manager.js";
