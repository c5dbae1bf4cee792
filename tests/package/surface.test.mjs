/** What the API says to odd arguments and at its edges, asked of the installed package in Node.js. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { projectWith } from "./project.mjs";

const UNREADABLE = { get signal() { throw new Error("do not read me"); } };

/** A transport with `bytes` at every URL. */
const serving = (bytes) => async () => new Response(bytes, { headers: { "content-length": String(bytes.length) } });

/** A file set under a path of its own. */
const file = (path, more) => ({ remoteFile: `http://server${path}`, localFile: path, ...more });

test("the surface of the API", async (t) => {
  const project = await projectWith(t, { "package.js": "package.js" });
  const qmgr = await import(pathToFileURL(join(project, "package.js")));
  const { QueueManager, QmgrError } = qmgr;

  let queues = 0;
  async function open(t, options) {
    queues += 1;
    const queue = await QueueManager.open({ name: `queue ${queues}`, storage: "memory", fetch: serving(Buffer.alloc(1000)), ...options });
    t.after(() => queue.close());
    return queue;
  }

  async function stage(t, options) {
    const queue = await open(t, options);
    const group = await queue.createGroup();
    return { queue, group, job: await group.createJob() };
  }

  async function assertFails(code, calls) {
    for (const call of calls) {
      await assert.rejects(async () => call(), (error) => error instanceof QmgrError && error.code === code, String(call));
    }
  }

  await t.test("what is not the package's own module is refused, and the next is taken", async (t) => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("cut")) });
    const sources = [
      new Uint8Array(), new Uint8Array(header), new WebAssembly.Module(new Uint8Array(header)), new Uint8Array([...header, 1]),
      new Response("<!doctype html>"), new Response(broken), new Response("", { status: 404 }), "http://%",
    ];
    await assertFails("QM_E_SERVICE_UNAVAILABLE", sources.map((wasm) => () => open(t, { wasm })));
    await open(t);
  });

  await t.test("what a transport throws is named, also where it is no Error", async (t) => {
    const causes = [["a text", 'JsValue("a text")'], [undefined, "JsValue(undefined)"], [new RangeError("far"), "RangeError: far"]];
    for (const [thrown, message] of causes) {
      const { group, job } = await stage(t, { fetch: () => Promise.reject(thrown) });
      await job.addFiles([file("/thrown")]);
      await group.resumeGroup();
      const cause = () => group.getDetails().wait?.lastError;
      while (cause() === null || cause() === undefined) await new Promise(setImmediate);
      assert.equal(cause().message, message);
    }
  });

  await t.test("a number that is no 32-bit integer has no name", async () => {
    const numbers = [undefined, null, NaN, 1.5, 2 ** 32, -(2 ** 31) - 1, "1", 1n, Symbol("one"), {}];
    await assertFails("E_INVALIDARG", numbers.flatMap((number) => [() => qmgr.describeHresult(number), () => qmgr.describeStatus(number)]));
    assert.equal(qmgr.describeHresult(0x81001004 | 0), "QM_E_ITEM_NOT_FOUND", "signed");
    assert.equal(qmgr.describeHresult(0x800704c7), "0x800704C7");
  });

  await t.test("options that throw, or name an owner that no record can hold, open nothing", async () => {
    await assertFails("E_INVALIDARG", [
      () => QueueManager.open({ get name() { throw new Error("do not read me"); } }),
      () => QueueManager.open({ storage: "memory", owner: { user: "\ud800" } }),
    ]);
  });

  await t.test("without any fetch there is no downloader", async (t) => {
    t.mock.method(globalThis, "fetch");
    globalThis.fetch = undefined;
    await assertFails("QM_E_DOWNLOADER_UNAVAILABLE", [() => QueueManager.open({ name: "no transport", storage: "memory" })]);
  });

  await t.test("what throws when it is read is a bad argument", async (t) => {
    const { queue, group, job } = await stage(t);
    const throws = (member) => Object.defineProperty(file("/a"), member, { get() { throw new Error("do not read me"); } });
    const proxy = new Proxy([file("/a")], { get() { throw new Error("do not read me"); } });
    await assertFails("E_INVALIDARG", [
      () => job.addFiles([throws("remoteFile")]),
      () => job.addFiles([throws("integrity")]),
      () => job.addFiles(proxy),
      () => job.addFiles([file("/a")], UNREADABLE),
      () => queue.enumGroups(0, UNREADABLE),
      () => group.finished(UNREADABLE),
      () => group.setNotificationPointer(qmgr.IID_IBackgroundCopyCallback1, { get onStatus() { throw new Error("do not read me"); } }),
    ]);
    assert.equal(job.getFileCount(), 0);
  });

  await t.test("every call that travels waits no longer than its signal allows", async (t) => {
    const { queue, group, job } = await stage(t);
    const calls = [
      (options) => queue.createGroup(undefined, options),
      (options) => queue.getGroup(group.groupId, options),
      (options) => queue.enumGroups(0, options),
      (options) => queue.openFile("/a", options),
      (options) => queue.deleteFile("/a", options),
      (options) => queue.listFiles("/", options),
      (options) => job.addFiles([file("/a")], options),
      (options) => group.setProp(qmgr.GROUPPROP_DISPLAYNAME, "name", options),
      (options) => group.createJob(undefined, options),
      (options) => group.switchToForeground(options),
      (options) => group.resumeGroup(options),
      (options) => group.suspendGroup(options),
      (options) => group.finished(options),
      (options) => group.cancelGroup(options),
    ];
    for (const call of calls) {
      const before = AbortSignal.abort("before");
      await assert.rejects(call({ signal: before }), (reason) => reason === "before", String(call));
      const controller = new AbortController();
      const waiting = call({ signal: controller.signal });
      controller.abort("meanwhile");
      await assert.rejects(waiting, (reason) => reason === "meanwhile", String(call));
    }
    await assert.rejects(group.finished(), { hresult: 0x800704c7 }, "the change was made all the same");
  });

  await t.test("a cancelled group says so before it looks at an argument", async (t) => {
    const { group, job } = await stage(t);
    await group.cancelGroup();
    await assertFails("QM_E_INVALID_STATE", [
      () => group.getProgress(NaN), () => group.getProp("name"), () => group.setProp("name"), () => group.getJob("none"), () => group.enumJobs(NaN),
      () => group.createJob("none"), () => group.queryNewJobInterface("none"), () => group.setNotificationPointer("none"),
      () => job.getProgress(NaN), () => job.getFile(NaN), () => job.getFileDetails(NaN), () => job.addFiles(), () => job.cancelJob(), () => job.switchToForeground(),
    ]);
    assert.equal(group.getDetails().state, "cancelled");
  });

  await t.test("a closed queue answers with nothing but names", async (t) => {
    const { queue, group, job } = await stage(t);
    const ids = await queue.enumGroups();
    await queue.close();
    await queue.close();
    await assertFails("QM_E_SERVICE_UNAVAILABLE", [
      () => queue.role, () => queue.storage, () => queue.createGroup("none"), () => queue.getGroup("none"), () => queue.enumGroups(NaN), () => queue.registerClass(),
      () => queue.openFile(), () => queue.deleteFile("none"), () => queue.listFiles("none"), () => queue.estimate(), () => queue.persist(),
      () => group.getStatus(), () => group.getProgress(NaN), () => group.getSize(), () => group.getProp(NaN), () => group.setProp(NaN), () => group.getJob("none"),
      () => group.enumJobs(NaN), () => group.createJob("none"), () => group.suspendGroup(), () => group.resumeGroup(), () => group.cancelGroup(),
      () => group.switchToForeground(), () => group.queryNewJobInterface("none"), () => group.setNotificationPointer("none"), () => group.getDetails(), () => group.finished(),
      () => job.cancelJob(), () => job.getProgress(NaN), () => job.getStatus(), () => job.addFiles(), () => job.getFile(NaN), () => job.getFileCount(),
      () => job.switchToForeground(), () => job.getFileDetails(NaN),
    ]);
    assert.deepEqual([...ids], [group.groupId]);
    assert.equal(typeof queue.name + typeof job.jobId, "stringstring");
    assert.equal(job.group, group);
  });

  await t.test("an enumerator is iterated from where it is, and stays there", async (t) => {
    const { queue, group } = await stage(t);
    const { groupId } = await queue.createGroup();
    const ids = await queue.enumGroups();
    assert.deepEqual([...ids], [group.groupId, groupId]);
    assert.deepEqual(ids.next(1), { hresult: qmgr.S_OK, items: [group.groupId], fetched: 1 });
    const rest = ids[Symbol.iterator]();
    assert.deepEqual(ids.next(-1), { hresult: qmgr.S_FALSE, items: [groupId], fetched: 1 });
    assert.deepEqual([...rest], [groupId]);
    assert.deepEqual([...ids], []);
  });

  await t.test("sizes that add up to more than JavaScript counts are shown as what it does", async (t) => {
    const { group, job } = await stage(t);
    const size = Number.MAX_SAFE_INTEGER;
    await job.addFiles([file("/a", { size }), file("/b", { size })]);
    assert.equal(group.getDetails().bytesTotal, size);
    assert.equal(group.getSize(), 0xffffffff);
  });

  await t.test("listeners hear of progress at most ten times a second, and of the last of it", async (t) => {
    const { group, job } = await stage(t);
    await job.addFiles(Array.from({ length: 200 }, (_, index) => file(`/${index}`)));
    const heard = [];
    for (const type of ["progress", "complete"]) {
      group.addEventListener(type, () => heard.push([type, group.getProgress(qmgr.QM_PROGRESS_SIZE_DONE)]));
    }
    const start = performance.now();
    await group.resumeGroup();
    await group.finished();
    const tenths = Math.ceil((performance.now() - start) / 100);
    assert.deepEqual(heard.slice(-2), [["progress", 200_000], ["complete", 200_000]]);
    assert.ok(heard.length - 1 <= tenths + 1, `${heard.length - 1} events in ${tenths} tenths of a second`);
  });

  await t.test("all that is handed out can be written as JSON and read again", async (t) => {
    const { queue, group, job } = await stage(t);
    await job.addFiles([file("/a")]);
    await group.resumeGroup();
    await group.finished();
    const given = [
      group.getDetails(), job.getStatus(), job.getFile(0), job.getFileDetails(0), await queue.listFiles(), await queue.estimate(), (await queue.enumGroups()).next(2),
    ];
    assert.deepEqual(JSON.parse(JSON.stringify(given)), given);
    assert.equal(JSON.stringify(group.getStatus()), "[320,0]");
  });
});
