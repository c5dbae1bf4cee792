// A unit test of an application, for a runner that provides `test` and `expect` and loads ES modules.
import { QueueManager } from "qmgr";

test("a model is fetched", async () => {
  const fetch = async () => new Response("a model", { headers: { "content-length": "7" } });
  const queue = await QueueManager.open({ storage: "memory", fetch });
  const group = await queue.createGroup();
  const job = await group.createJob();
  await job.addFiles([{ remoteFile: "https://example.com/model.bin", localFile: "/model.bin" }]);
  await group.resumeGroup();
  await group.finished();
  const file = await queue.openFile("/model.bin");
  expect(await file.text()).toBe("a model");
  await queue.close();
});
