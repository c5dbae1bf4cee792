import { QueueManager } from "qmgr";

/** Downloads one file into a new queue, and reports the status words on the way and what arrived. */
export async function download(url, options) {
  const queue = await QueueManager.open(options);
  const group = await queue.createGroup();
  const job = await group.createJob();
  const integrity = await (await fetch(`${url}.integrity`)).text();
  await job.addFiles([{ remoteFile: url, localFile: "/samples/sample.bin", integrity }]);
  const before = group.getStatus().status;
  await group.resumeGroup();
  await group.finished();
  const [after] = group.getStatus();
  const file = await queue.openFile("/samples/sample.bin");
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const { storage } = queue;
  await queue.close();
  return { storage, words: [before, after], size: file.size, sha256: hex(digest) };
}

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
