/** The four commands of a group, for one group or for many. */
import { confirmCancel } from "./confirm-cancel.js";

const CALLS = {
  resume: ["resumeGroup()", (group) => group.resumeGroup()],
  suspend: ["suspendGroup()", (group) => group.suspendGroup()],
  foreground: ["switchToForeground()", (group) => group.switchToForeground()],
  cancel: ["cancelGroup()", (group) => group.cancelGroup()],
};

/** So many calls are under way at once: hundreds in one task would make the page stutter. */
const AT_ONCE = 25;

/**
 * Gives groups a command. Cancelling deletes the bytes of what is not finished, so groups that have some are asked for
 * first. Resolves when all calls have ended, each noted in the journal.
 *
 * @param {import("./context.js").Context} context
 * @param {"resume" | "suspend" | "foreground" | "cancel"} command
 * @param {import("./read-group.js").GroupReading[]} readings
 */
export async function command({ groups, journal }, command, readings) {
  if (command === "cancel") {
    const unfinished = readings.filter(({ details }) => details.state !== "complete" && details.bytesDone > 0);
    if (unfinished.length > 0 && !await confirmCancel(unfinished)) return;
  }
  const [text, call] = CALLS[command];
  const one = async ({ groupId, name }) => {
    const group = groups.handle(groupId);
    if (group) await journal.attempt({ who: name, groupId, text }, () => call(group));
    await groups.look(groupId);
  };
  for (let start = 0; start < readings.length; start += AT_ONCE) {
    await Promise.all(readings.slice(start, start + AT_ONCE).map(one));
  }
}
