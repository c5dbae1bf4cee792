import { QM_E_ITEM_NOT_FOUND, QM_PROGRESS_PERCENT_DONE, QueueManager } from "qmgr";
import { fileUrl } from "qmgr/service-worker";

const GROUP = "0b9f6c1e-33cf-4f0c-9c39-5d4f3a1d7e52";
const LOCAL = "/film.webm";
const remoteFile = new URL(new URLSearchParams(location.search).get("film") ?? "film.webm", location.href).href;

const [video, state] = ["film", "state"].map((id) => document.getElementById(id));

try {
  await serviceWorker();
  const queue = await QueueManager.open({ name: "films" });
  const group = await film(queue);
  group.addEventListener("progress", () => state.textContent = `${group.getProgress(QM_PROGRESS_PERCENT_DONE)} % fetched`);
  video.src = fileUrl(LOCAL, new URL("films/", location.href).pathname);
  await group.finished();
  state.textContent = "plays without a network";
} catch (error) {
  state.textContent = `failed: ${error.message}`;
}

/** Resolves when the service worker answers this page's requests. */
async function serviceWorker() {
  const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  await navigator.serviceWorker.register("sw.js", { type: "module" });
  if (navigator.serviceWorker.controller === null) await controlled;
}

/** The film's group: as an earlier page left it, or a new one that runs. */
async function film(queue) {
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
