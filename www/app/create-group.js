/** The four calls that bring a group into being; the first lines of most programs that use the package. */
import { GROUPPROP_DISPLAYNAME } from "qmgr";
import { attempt } from "./event-log.js";
import { baseName } from "./format.js";

/**
 * Creates a group with one job for some files, and resumes it when asked. A group whose files are refused is
 * cancelled again. Resolves with `{ group }` or `{ error }`.
 */
export async function createGroup(queue, files, { resume }) {
  const name = files.length === 1 ? baseName(files[0].localFile) : `${baseName(files[0].localFile)} and ${files.length - 1} more`;
  // The caller may choose the ids, as in qmgr.h; without one the package makes it up.
  const created = await attempt(name, "createGroup()", () => queue.createGroup());
  if (created.error) return created;
  const group = created.value;

  const filled = await fill(group, name, files);
  if (filled.error) {
    await attempt(name, "cancelGroup()", () => group.cancelGroup());
    return filled;
  }
  if (resume) await attempt(name, "resumeGroup()", () => group.resumeGroup());
  return { group };
}

async function fill(group, name, files) {
  const made = await attempt(name, "createJob()", () => group.createJob());
  if (made.error) return made;
  const added = await attempt(name, `addFiles(${files.length})`, () => made.value.addFiles(files));
  if (added.error) return added;
  return attempt(name, "setProp(GROUPPROP_DISPLAYNAME)", () => group.setProp(GROUPPROP_DISPLAYNAME, name.slice(0, 256)));
}
