import { QueueManager } from "qmgr";
import { StrictMode, Suspense, use } from "react";
import { createRoot } from "react-dom/client";
import { useGroup } from "./use-group.js";

const remoteFile = new URL(new URLSearchParams(location.search).get("file") ?? "file.bin", location.href).href;

/** Made once, outside of any component, so that none is made twice. */
const started = start();

async function start() {
  const queue = await QueueManager.open();
  const group = await queue.createGroup();
  const job = await group.createJob();
  await job.addFiles([{ remoteFile, localFile: `/files/${group.groupId}` }]);
  return group;
}

function Download() {
  const group = use(started);
  const { state, bytesDone, bytesTotal, error } = useGroup(group);
  return (
    <section>
      <p role="status">{error?.message ?? state}</p>
      <p><progress value={bytesDone} max={bytesTotal ?? undefined} /></p>
      <p><output>{bytesDone}</output> bytes</p>
      {state === "new" || state === "suspended"
        ? <button onClick={() => group.resumeGroup()}>Start</button>
        : <button onClick={() => group.suspendGroup()} disabled={state === "complete"}>Pause</button>}
    </section>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Suspense fallback={<p role="status">opening the queue</p>}>
      <Download />
    </Suspense>
  </StrictMode>,
);
