import { internal } from "./internal.js";
import { Job } from "./job.js";

/**
 * A `BackgroundCopyCallback` as the engine's side calls it: with handles, of which it makes the package's
 * objects. What is no callback is left as it is, and refused there.
 *
 * @param {(handle: object) => import("./group.js").Group} groupOf The group of a handle.
 */
export function dressed(callback, groupOf) {
  try {
    if (typeof callback?.onStatus !== "function") return callback;
  } catch {
    // What throws when it is asked for its onStatus has none.
    return undefined;
  }
  return {
    onStatus(handle, jobHandle, ...event) {
      const group = groupOf(handle);
      const job = jobHandle && new Job(internal, jobHandle, group);
      return callback.onStatus(group, job, ...event);
    },
  };
}
