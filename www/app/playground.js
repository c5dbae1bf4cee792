/**
 * The playground. It knows of the package what its documentation says, and nothing from inside.
 */
import { QueueManager } from "qmgr";
import { showBitTable } from "./bit-table.js";
import { setText } from "./element.js";
import { record } from "./event-log.js";
import { GroupList } from "./group-list.js";
import { startNewGroupForm } from "./new-group.js";
import { StorageMeter } from "./storage-meter.js";
import { StoredFiles } from "./stored-files.js";
import { LEVELS } from "./status.js";
import { WordView } from "./word-view.js";

const STORAGES = { opfs: "private file system", indexeddb: "IndexedDB", memory: "memory only" };
const ROLES = { active: "transfers", standby: "stands by" };

/** Opens the queue and shows it. */
export async function startPlayground() {
  showBitTable();
  document.querySelector("#dark-words").append(...LEVELS.map((level) => new WordView(level).element));
  const queue = await QueueManager.open();
  showQueue(queue);

  const files = new StoredFiles(queue);
  const meter = new StorageMeter(queue);
  const groups = new GroupList(queue);
  groups.addEventListener("settled", () => {
    files.refresh();
    meter.refresh();
  });
  await groups.restore();
  await startNewGroupForm(queue, groups);
  await Promise.all([files.refresh(), meter.refresh()]);
  document.body.dataset.ready = "true";
}

/** Which tab transfers can change at any time: the last tab that stays takes over. */
function showQueue(queue) {
  setText(document.querySelector("#storage"), STORAGES[queue.storage]);
  const role = document.querySelector("#role");
  setText(role, ROLES[queue.role]);
  queue.addEventListener("role", (event) => {
    setText(role, ROLES[event.detail.role]);
    record("event", "this tab", `role ${event.detail.role}`);
  });
}
