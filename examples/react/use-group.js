import { useMemo, useSyncExternalStore } from "react";

const EVENTS = ["statuschange", "progress", "complete", "error"];

/** What a group's `getDetails()` says, for as long as the component is there. */
export function useGroup(group) {
  const { subscribe, snapshot } = useMemo(() => storeOf(group), [group]);
  return useSyncExternalStore(subscribe, snapshot);
}

/** React compares snapshots by identity, and `getDetails()` makes a new one each time: it is asked once an event. */
function storeOf(group) {
  let details = group.getDetails();
  return {
    snapshot: () => details,
    subscribe(onChange) {
      const update = () => {
        details = group.getDetails();
        onChange();
      };
      for (const type of EVENTS) group.addEventListener(type, update);
      // What happened between the first look and now.
      update();
      return () => {
        for (const type of EVENTS) group.removeEventListener(type, update);
      };
    },
  };
}
