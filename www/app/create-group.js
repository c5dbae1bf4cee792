/** The four calls that bring a group into being; the first lines of most programs that use the package. */
import { GROUPPROP_DISPLAYNAME } from "../qmgr/index.js";
import { baseName } from "./format.js";

/**
 * Creates a group with one job for some files, and resumes it when asked. A group whose files are refused is
 * cancelled again. Resolves with `{ group }` or `{ error }`.
 *
 * @param {import("./context.js").Context} context
 */
export async function createGroup({ queue, groups, journal, selection }, files, { name = nameFor(files), resume = false } = {}) {
  const attempt = (groupId, text, call) => journal.attempt({ who: name, groupId, text }, call);
  // The caller may choose the ids, as in qmgr.h; without one the package makes it up.
  const { value: group, error } = await attempt(null, "createGroup()", () => queue.createGroup());
  if (error) return { error };

  const filled = await fill(group, files, name, (text, call) => attempt(group.groupId, text, call));
  if (filled.error) {
    await attempt(group.groupId, "cancelGroup()", () => group.cancelGroup());
    return filled;
  }
  groups.add(group);
  selection.select(group.groupId);
  if (resume) await attempt(group.groupId, "resumeGroup()", () => group.resumeGroup());
  return { group };
}

async function fill(group, files, name, attempt) {
  const { value: job, error } = await attempt("createJob()", () => group.createJob());
  if (error) return { error };
  const added = await attempt(`addFiles(${files.length})`, () => job.addFiles(files));
  if (added.error) return added;
  return attempt("setProp(GROUPPROP_DISPLAYNAME)", () => group.setProp(GROUPPROP_DISPLAYNAME, name.slice(0, 256)));
}

function nameFor(files) {
  const first = baseName(files[0].localFile);
  return files.length === 1 ? first : `${first} and ${files.length - 1} more`;
}
