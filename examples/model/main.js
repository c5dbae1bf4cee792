import { QM_E_ITEM_NOT_FOUND, QM_PROGRESS_PERCENT_DONE, QM_STATUS_GROUP_COMPLETE, QM_STATUS_GROUP_SUSPENDED, QueueManager } from "qmgr";

/** The model's group under an id of our own, by which a reload finds it. */
const GROUP = "c2b1a7de-5a1c-4a54-8f0e-6b7f6f0f4d21";
const LOCAL = "/models/model.bin";
const remoteFile = new URL(new URLSearchParams(location.search).get("model") ?? "model.bin", location.href).href;

const [bar, state, pause] = ["bar", "state", "pause"].map((id) => document.getElementById(id));

try {
  const queue = await QueueManager.open({ name: "models" });
  const group = await model(queue);
  for (const type of ["progress", "statuschange"]) group.addEventListener(type, () => show(group));
  pause.addEventListener("click", () => isPaused(group) ? group.resumeGroup() : group.suspendGroup());
  show(group);
  await group.finished();
  pause.disabled = true;
  const file = await queue.openFile(LOCAL);
  state.textContent = `here: ${file.name}, ${file.size} bytes`;
} catch (error) {
  state.textContent = `failed: ${error.message}`;
}

/** The model's group: as an earlier page left it, or a new one that runs. */
async function model(queue) {
  try {
    return await queue.getGroup(GROUP);
  } catch (error) {
    if (error.hresult !== QM_E_ITEM_NOT_FOUND) throw error;
  }
  const group = await queue.createGroup(GROUP);
  const job = await group.createJob();
  await job.addFiles([{ remoteFile, localFile: LOCAL }]);
  await group.resumeGroup();
  return group;
}

function isPaused(group) {
  return (group.getStatus().status & QM_STATUS_GROUP_SUSPENDED) !== 0;
}

function show(group) {
  const { status } = group.getStatus();
  if ((status & QM_STATUS_GROUP_COMPLETE) !== 0) return;
  const { bytesDone, bytesTotal, bytesPerSecond, wait } = group.getDetails();
  bar.value = group.getProgress(QM_PROGRESS_PERCENT_DONE);
  pause.disabled = false;
  pause.textContent = isPaused(group) ? "Resume" : "Pause";
  const reason = wait === null ? `${Math.round(bytesPerSecond / 1e6)} MB/s` : `waits: ${wait.lastError?.message ?? wait.reason}`;
  state.textContent = `${isPaused(group) ? "paused" : reason}, ${bytesDone} of ${bytesTotal ?? "?"} bytes`;
}
