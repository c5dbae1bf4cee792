/**
 * Makes of a task one that may be asked for at any time: it runs once at a time, and what was asked for in between is
 * one more run, `pause` ms after.
 *
 * @param {() => Promise<void>} task
 */
export function coalesced(task, pause = 0) {
  let running = null;
  let again = false;
  const run = async () => {
    try {
      do {
        again = false;
        await task();
        if (again) await new Promise((resolve) => setTimeout(resolve, pause));
      } while (again);
    } finally {
      running = null;
    }
  };
  return () => {
    again = true;
    running ??= run();
    return running;
  };
}
