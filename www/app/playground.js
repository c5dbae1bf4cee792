/**
 * The playground. It knows of the package what its documentation says, and nothing from inside.
 */
import { QueueManager } from "../qmgr/index.js";
import * as commandLine from "../lab/console.js";
import * as laboratory from "../lab/laboratory.js";
import { makeWorker } from "../lab/page-worker.js";
import * as record from "../lab/record.js";
import { announceEnds } from "./announce.js";
import { createGroup } from "./create-group.js";
import { setText } from "./element.js";
import * as filesPanel from "./files-panel.js";
import * as groupPanel from "./group-panel.js";
import { Groups } from "./groups.js";
import * as instrument from "./instrument.js";
import { Journal } from "./journal.js";
import * as newGroup from "./new-group.js";
import * as queuePanel from "./queue-panel.js";
import { Selection } from "./selection.js";
import { startTabs } from "./tabs.js";

const STORAGES = { opfs: "private files", indexeddb: "IndexedDB", memory: "memory" };
const ROLES = { active: "transfers", standby: "stands by" };

/** Each part of the page by the element that is its own. */
const PARTS = {
  "#new-group": newGroup,
  "#queue": queuePanel,
  "#instrument": instrument,
  "#group": groupPanel,
  "#files-panel": filesPanel,
  "#laboratory": laboratory,
  "#record": record,
  "#console": commandLine,
};

/** Opens the queue and shows it. */
export async function startPlayground() {
  const show = startTabs();
  // Most programs leave the worker to the package; this page makes it, so that its laboratory can end it.
  const queue = await QueueManager.open({ worker: makeWorker });
  const journal = new Journal();
  const groups = new Groups(queue, journal);
  const selection = new Selection();
  /** @type {import("./context.js").Context} */
  const context = { queue, groups, selection, journal, show, create: (files, options) => createGroup(context, files, options) };

  showQueue(context);
  announceEnds(groups);
  for (const [place, part] of Object.entries(PARTS)) part.mount(document.querySelector(place), context);
  await groups.restore();
  document.body.dataset.ready = "true";
}

/** Which tab transfers can change at any time: the last tab that stays takes over. */
function showQueue({ queue, journal }) {
  setText(document.querySelector("#storage"), STORAGES[queue.storage]);
  const role = document.querySelector("#role");
  setText(role, ROLES[queue.role]);
  queue.addEventListener("role", (event) => {
    setText(role, ROLES[event.detail.role]);
    journal.add({ kind: "event", who: "this tab", text: `role ${event.detail.role}`, detail: event.detail });
  });
}
