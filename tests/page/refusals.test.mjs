/** Bad input gets its documented HRESULT as a QmgrError, and changes nothing. */
import assert from "node:assert/strict";
import { before, test, after } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../server/server.mjs";
import { PKG, visit } from "./visit.mjs";

const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const KNOWN = "00112233-4455-6677-8899-aabbccddeeff";
const JOB = "ffeeddcc-bbaa-9988-7766-554433221100";
const OTHER = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f";

const INVALIDARG = { code: "E_INVALIDARG", hresult: 0x80070057 };
const NOTIMPL = { code: "E_NOTIMPL", hresult: 0x80004001 };
const NOT_FOUND = { code: "QM_E_ITEM_NOT_FOUND", hresult: 0x81001004 };
const INVALID_STATE = { code: "QM_E_INVALID_STATE", hresult: 0x81001001 };
const NOINTERFACE = { code: "E_NOINTERFACE", hresult: 0x80004002 };
const EMPTY = { code: "BG_E_EMPTY", hresult: 0x80200003 };

let server;
before(async () => {
  server = await startServer({
    files: { "/file.bin": { size: 1000 }, "/slow.bin": { size: 1 << 20, bytesPerSecond: 1000 } },
    mounts: { "/pkg/": PKG },
    documents: { "/blank": BLANK },
  });
});
after(() => server.close());

/** A page whose queue has one group with one job and one file; `queue`, `group`, `job`, `qmgr` are there by name. */
async function stage(t) {
  const page = await visit(t, `${server.origin}/blank`, { prelude: fileURLToPath(new URL("in-page.js", import.meta.url)) });
  await page.evaluate(async ([remoteFile, groupId, jobId]) => {
    globalThis.qmgr = await lab.module();
    globalThis.queue = await lab.queue();
    globalThis.group = await queue.createGroup(groupId);
    globalThis.job = await group.createJob(jobId);
    await job.addFiles([{ remoteFile, localFile: "/a.bin" }]);
  }, [`${server.origin}/file.bin`, KNOWN, JOB]);
  return page;
}

/** Makes calls, given as source text, one after another: each must fail so and leave everything as it was. */
async function refused(page, expected, calls) {
  const before = await page.evaluate(() => lab.everything());
  for (const call of calls) {
    const failure = await page.evaluate((source) => lab.failure(new Function(`return (${source})`)), call);
    assert.deepEqual(failure, { name: "QmgrError", own: true, ...expected }, call);
  }
  assert.deepEqual(await page.evaluate(() => lab.everything()), before, "nothing has changed");
}

const text = JSON.stringify;
const file = (remoteFile, localFile = "/b.bin") => `job.addFiles([${text({ remoteFile, localFile })}])`;

test("a worker that is none, or cannot be made", async (t) => {
  const page = await visit(t, `${server.origin}/blank`, { prelude: fileURLToPath(new URL("in-page.js", import.meta.url)) });
  // Each waits a while for the engine of another tab, so they wait together, for queues of their own.
  await Promise.all(["() => 5", "() => undefined", "() => { throw undefined; }", "'http://%'"].map(async (worker, index) => {
    const open = ([source, name]) => lab.failure(() => lab.queue({ name, worker: new Function(`return (${source})`)() }));
    const failure = await page.evaluate(open, [worker, `queue ${index}`]);
    assert.deepEqual(failure, { name: "QmgrError", own: true, code: "QM_E_SERVICE_UNAVAILABLE", hresult: 0x81001002 }, worker);
  }));
  assert.equal(await page.evaluate(async () => (await lab.queue({ name: "queue 0" })).role), "active", "the queue is none the worse");
});

test("ids that are taken, unknown or malformed", async (t) => {
  const page = await stage(t);
  await refused(page, INVALIDARG, [
    `queue.createGroup("${KNOWN}")`,
    `queue.createGroup("{${KNOWN.toUpperCase()}}")`,
    `queue.createGroup("not a guid")`,
    `queue.createGroup("")`,
  ]);
  await refused(page, NOT_FOUND, [`queue.getGroup("${OTHER}")`, `group.getJob("${OTHER}")`, `job.getFile(1)`, `job.getFile(4294967295)`]);
});

test("a job id that is taken anywhere in the queue", async (t) => {
  const page = await stage(t);
  await page.evaluate(async (id) => {
    globalThis.second = await queue.createGroup(id);
  }, OTHER);
  await refused(page, INVALIDARG, [`second.createJob("${JOB}")`]);
});

test("flags that must be zero, and selectors that are not served", async (t) => {
  const page = await stage(t);
  await refused(page, NOTIMPL, [
    `queue.enumGroups(1)`, `group.enumJobs(1)`,
    `group.getProgress(qmgr.QM_PROGRESS_TIME_DONE)`, `group.getProgress(0)`, `group.getProgress(4)`, `job.getProgress(qmgr.QM_PROGRESS_TIME_DONE)`,
    `job.cancelJob()`, `job.switchToForeground()`,
  ]);
  await refused(page, NOINTERFACE, [`group.queryNewJobInterface(qmgr.IID_IBackgroundCopyJob1)`]);
});

test("a group without files cannot be resumed, and has room for one job only", async (t) => {
  const page = await stage(t);
  await refused(page, NOTIMPL, [`group.createJob()`]);
  await page.evaluate(async (id) => {
    globalThis.bare = await queue.createGroup(id);
  }, OTHER);
  await refused(page, EMPTY, [`bare.resumeGroup()`]);
  await page.evaluate(() => bare.createJob());
  await refused(page, EMPTY, [`bare.resumeGroup()`]);
});

test("a running group takes no job", async (t) => {
  const page = await stage(t);
  await page.evaluate(async (remoteFile) => {
    await job.addFiles([{ remoteFile, localFile: "/slow.bin" }]);
    await group.resumeGroup();
  }, `${server.origin}/slow.bin`);
  const failure = await page.evaluate(() => lab.failure(() => group.createJob()));
  assert.deepEqual(failure, { name: "QmgrError", own: true, ...INVALID_STATE });
  assert.equal(await page.evaluate(() => group.getStatus().status), 0x080);
});

test("addresses that are none, or of another protocol", async (t) => {
  const page = await stage(t);
  const addresses = [
    "ftp://host/file", "file:///etc/passwd", "data:,x", "javascript:alert(1)", "host/file", "//host/file", "/file", "", "http://", "http:///file",
    "http://host/a b", "http://host/a\nb", "http://host/*.bin", "http://host/<x>", "http://host/ü", `http://host/${"x".repeat(2200)}`,
  ];
  await refused(page, INVALIDARG, addresses.map((address) => file(address)));
});

test("paths that are relative, climb, are too long or have odd parts", async (t) => {
  const page = await stage(t);
  const paths = [
    "", "a.bin", "a/b.bin", "./a.bin", "../a.bin", "/a/../b.bin", "/../b.bin", "/a/./b.bin", "C:a.bin", "C:\\a\\..\\b.bin", "\\a.bin",
    "\\\\?\\C:\\a.bin", "C:\\a*.bin", "/a?.bin", "C:\\a.bin:stream", "C:\\CON", "/a\u0000b", "/a\u001fb", `/${"d/".repeat(129)}xx`,
  ];
  assert.equal(paths.at(-1).length, 261);
  await refused(page, INVALIDARG, paths.map((path) => file(`${server.origin}/file.bin`, path)));
});

test("a path of exactly 260 units is taken", async (t) => {
  const page = await stage(t);
  const localFile = `/${"d/".repeat(129)}x`;
  assert.equal(localFile.length, 260);
  await page.evaluate((added) => job.addFiles([added]), { remoteFile: `${server.origin}/file.bin`, localFile });
  assert.equal(await page.evaluate(() => job.getFile(1).localFile), localFile);
});

test("of several files all are added or none", async (t) => {
  const page = await stage(t);
  const good = { remoteFile: `${server.origin}/file.bin`, localFile: "/good.bin" };
  await refused(page, INVALIDARG, [
    `job.addFiles([])`,
    `job.addFiles(${text([good, { ...good, localFile: "bad.bin" }])})`,
    `job.addFiles(${text([good, { ...good, remoteFile: "ftp://host/x" }])})`,
  ]);
});

test("properties of a wrong type, value or length", async (t) => {
  const page = await stage(t);
  const set = (property, value) => `group.setProp(qmgr.GROUPPROP_${property}, ${value})`;
  await refused(page, INVALIDARG, [
    set("PRIORITY", '"1"'), set("PRIORITY", "1.5"), set("PRIORITY", "NaN"), set("PRIORITY", "4294967296"), set("PRIORITY", "true"), set("PRIORITY", "null"),
    set("PROTOCOLFLAGS", '"1"'), set("NOTIFYFLAGS", '"4"'), set("DISPLAYNAME", "5"), set("DISPLAYNAME", "undefined"), set("DESCRIPTION", "{}"),
    set("DISPLAYNAME", '"x".repeat(257)'), set("DESCRIPTION", '"x".repeat(1025)'), set("NOTIFYCLSID", "7"), set("NOTIFYCLSID", '"no class"'),
  ]);
  await refused(page, NOTIMPL, [
    set("PRIORITY", "2"), set("PROTOCOLFLAGS", "2"), set("NOTIFYFLAGS", "1"), set("NOTIFYFLAGS", "0x80"),
    ...["REMOTEUSERID", "REMOTEUSERPWD", "LOCALUSERID", "LOCALUSERPWD", "PROGRESSSIZE", "PROGRESSPERCENT", "PROGRESSTIME"].flatMap((property) =>
      [set(property, '"x"'), `group.getProp(qmgr.GROUPPROP_${property})`]),
    `group.getProp(13)`, `group.setProp(13, 1)`,
  ]);
});

test("any call on a cancelled group or its job, but for their ids", async (t) => {
  const page = await stage(t);
  await page.evaluate(() => group.cancelGroup());
  await refused(page, INVALID_STATE, [
    `group.getStatus()`, `group.getProgress(1)`, `group.getSize()`, `group.getProp(qmgr.GROUPPROP_DISPLAYNAME)`, `group.enumJobs()`, `group.getJob("${JOB}")`,
    `group.setProp(qmgr.GROUPPROP_DISPLAYNAME, "x")`, `group.createJob()`, `group.suspendGroup()`, `group.resumeGroup()`, `group.cancelGroup()`, `group.switchToForeground()`,
    `job.getStatus()`, `job.getProgress(1)`, `job.getFile(0)`, `job.getFileCount()`, file(`${server.origin}/file.bin`),
  ]);
  assert.deepEqual(await page.evaluate(() => [group.groupId, job.jobId]), [KNOWN, JOB]);
  assert.equal(await page.evaluate((id) => queue.createGroup(id).then((again) => again.getStatus().status), KNOWN), 0x180, "its id is free again");
});
