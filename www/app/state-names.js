/** How the page speaks of the states that `getDetails().state` tells. */

/** The filters above the list, in their order; each state is in one of them. */
export const FILTERS = [
  { name: "all", label: "All", states: null },
  { name: "moving", label: "Moving", states: ["connecting", "transferring", "publishing"] },
  { name: "waiting", label: "Waiting", states: ["queued", "waiting"] },
  { name: "suspended", label: "Suspended", states: ["new", "suspended"] },
  { name: "failed", label: "Failed", states: ["error"] },
  { name: "complete", label: "Complete", states: ["complete"] },
];

/** The name of the filter that a state is in. */
export function filterOf(state) {
  return FILTERS.find(({ states }) => states?.includes(state)).name;
}

/** Whether a group was resumed and is neither stopped nor done. */
export function isRunnable(state) {
  return ["queued", "connecting", "transferring", "waiting", "publishing"].includes(state);
}
