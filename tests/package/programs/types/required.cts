/** A CommonJS program has the types of what it requires. */
import { QueueManager, S_OK, type Group } from "qmgr";

export async function first(): Promise<Group> {
  const queue = await QueueManager.open({ storage: "memory" });
  console.log(S_OK satisfies 0);
  return queue.createGroup();
}
