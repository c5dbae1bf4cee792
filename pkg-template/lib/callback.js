import { internal } from "./internal.js";
import { Job } from "./job.js";

/**
 * A `BackgroundCopyCallback` as the engine's side calls it: with handles, of which it makes the package's
 * objects. What is no object is left as it is, and refused there.
 *
 * @param {(handle: object) => import("./group.js").Group} groupOf The group of a handle.
 */
export function dressed(callback, groupOf) {
  if (callback === null || typeof callback !== "object") return callback;
  return {
    /** Read anew for each call, as of any object; a callback may change it. */
    get onStatus() {
      const { onStatus } = callback;
      if (typeof onStatus !== "function") return undefined;
      return (handle, jobHandle, ...event) => {
        const group = groupOf(handle);
        const job = jobHandle && new Job(internal, jobHandle, group);
        return onStatus.call(callback, group, job, ...event);
      };
    },
  };
}
