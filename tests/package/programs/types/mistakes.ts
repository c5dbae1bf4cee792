/** What the compiler must refuse. */
import { Group, QM_STATUS_GROUP_COMPLETE, QueueManager, type FileSetInfo } from "qmgr";
import { serveFiles } from "qmgr/service-worker";

// @ts-expect-error: files are served under a prefix
serveFiles({ name: "models" });

export async function mistakes(queue: QueueManager, group: Group): Promise<void> {
  // @ts-expect-error: a property is a number, not its name
  await group.setProp("GROUPPROP_DISPLAYNAME", "Models");
  // @ts-expect-error: a BOOL travels as a number
  await group.setProp(11, true);
  // @ts-expect-error: a handle's figures are read through its methods
  group.groupId = "";
  // @ts-expect-error: a file has a place to go
  const file: FileSetInfo = { remoteFile: "https://example.org/a.bin" };
  // @ts-expect-error: a constant is its number
  const word: 0x80 = QM_STATUS_GROUP_COMPLETE;
  // @ts-expect-error: there is no such storage
  await QueueManager.open({ storage: "disk" });
  console.log(queue.name, file, word);
}
