/** The package under test, through its public API alone. */
const { QueueManager } = await import(/* @vite-ignore */ "/pkg/index.js");

let queue;
let group;
let isWatched = false;

/** Opens the queue before the clock runs, as every other contestant has its worker started. */
export async function prepare(options) {
  queue = await QueueManager.open({ name: "bench", ...options });
}

/** From here on the page listens to its groups, as one does that shows a bar. */
export function watch() {
  isWatched = true;
}

async function order(files) {
  group = await queue.createGroup();
  const job = await group.createJob();
  await job.addFiles(files);
  if (isWatched) group.addEventListener("progress", () => group.getDetails());
  await group.resumeGroup();
}

export async function download(url, name, { integrity } = {}) {
  await order([{ remoteFile: url, localFile: `/${name}`, integrity }]);
  await group.finished();
}

export async function downloadMany(urls, prefix) {
  await order(urls.map((url, index) => ({ remoteFile: url, localFile: `/${prefix}${index}` })));
  await group.finished();
}

/** Suspends at the first report of half the bytes, and tells how many of them are kept. */
export async function downloadHalf(url, name, size) {
  await order([{ remoteFile: url, localFile: `/${name}` }]);
  await new Promise((resolve) => {
    group.addEventListener("progress", () => group.getDetails().bytesDone >= size / 2 && resolve());
  });
  await group.suspendGroup();
  const [job] = group.enumJobs();
  const kept = () => group.getJob(job).getFileDetails(0).ranges.reduce((sum, [start, end]) => sum + end - start, 0);
  while (kept() < size / 2) await new Promise((resolve) => setTimeout(resolve, 5));
  return kept();
}

export async function resume() {
  await group.resumeGroup();
  await group.finished();
}

export function open(name) {
  return queue.openFile(`/${name}`);
}

export async function remove(...names) {
  await group.cancelGroup();
  await Promise.all(names.map((name) => queue.deleteFile(`/${name}`)));
}
