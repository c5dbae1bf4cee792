/** A program that uses each member once, as an application would. */
import {
  describeHresult, describeStatus, GROUPPROP_DISPLAYNAME, GROUPPROP_NOTIFYCLSID, IID_IBackgroundCopyCallback1,
  QM_E_ITEM_NOT_FOUND, QM_PROGRESS_PERCENT_DONE, QM_STATUS_GROUP_COMPLETE, QmgrError, QueueManager, S_OK,
  type BackgroundCopyCallback, type FileSetInfo, type Group, type Guid, type OpenOptions,
} from "qmgr";
import { fileUrl, serveFiles, type ServeOptions } from "qmgr/service-worker";

const served: ServeOptions = { prefix: "/files/", name: "models", timeout: 5_000 };
serveFiles(served);
console.log(fileUrl("/models/a.bin", served.prefix) satisfies string);

const options: OpenOptions = { name: "models", storage: "auto", retry: { minimumDelay: 1_000 }, connections: { perFile: "auto" } };

export async function fetchAll(files: readonly FileSetInfo[], signal: AbortSignal): Promise<File[]> {
  await using queue = await QueueManager.open(options);
  queue.addEventListener("change", ({ detail }) => console.log(detail.groupId satisfies Guid));
  const group = await queue.createGroup();
  const job = await group.createJob(undefined, { signal });
  await job.addFiles(files);
  await group.setProp(GROUPPROP_DISPLAYNAME, "Models");
  group.addEventListener("progress", ({ detail }) => console.log(describeStatus(detail.status), detail.jobIndex));
  await group.resumeGroup();
  await group.finished({ signal });

  const [word, index] = group.getStatus();
  const { status, jobIndex } = group.getStatus();
  if ((word & QM_STATUS_GROUP_COMPLETE) === 0 || word !== status || index !== jobIndex) throw new Error("not complete");
  console.log(group.getProgress(QM_PROGRESS_PERCENT_DONE), group.getSize(), job.getStatus().win32Result);
  return Promise.all(Array.from({ length: job.getFileCount() }, (_, at) => queue.openFile(job.getFile(at).localFile)));
}

export async function find(queue: QueueManager, id: Guid): Promise<Group | null> {
  try {
    return await queue.getGroup(id);
  } catch (error) {
    if (error instanceof QmgrError && error.hresult === QM_E_ITEM_NOT_FOUND) return null;
    throw error;
  }
}

class Observer implements BackgroundCopyCallback {
  onStatus(...[group, , , status, , win32]: Parameters<BackgroundCopyCallback["onStatus"]>): number {
    console.log(group.groupId, describeHresult(status), win32);
    return S_OK;
  }
  onProgress(): number {
    return S_OK;
  }
  onProgressEx(): number {
    return S_OK;
  }
}

export async function observe(queue: QueueManager, clsid: Guid): Promise<void> {
  queue.registerClass(clsid, () => new Observer());
  for (const id of await queue.enumGroups()) {
    const group = await queue.getGroup(id);
    group.setNotificationPointer(IID_IBackgroundCopyCallback1, new Observer());
    await group.setProp(GROUPPROP_NOTIFYCLSID, clsid);
    const { wait, state, secondsRemaining } = group.getDetails();
    if (wait !== null) console.log(state, wait.reason, wait.nextAttemptAt ?? secondsRemaining);
    for (const jobId of group.enumJobs()) {
      const { ranges, proof } = group.getJob(jobId).getFileDetails(0);
      console.log(proof, ranges.reduce((sum, [start, end]) => sum + end - start, 0));
    }
    const clone = (await queue.enumGroups()).clone();
    const { items, fetched, hresult } = clone.next(10);
    console.log(items.length === fetched, hresult, clone.skip(1), clone.getCount());
  }
  for (const { localFile, etag } of await queue.listFiles("/samples")) console.log(localFile, etag);
  const { usage, quota } = await queue.estimate();
  if (usage > quota / 2) await queue.persist();
}
