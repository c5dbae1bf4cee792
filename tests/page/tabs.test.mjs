/** Two tabs of one queue, the callbacks of both, and a browser that is killed. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchPersistent } from "../browser-launch.mjs";
import { startServer } from "../server/server.mjs";
import { PKG, until } from "./visit.mjs";

const MIB = 1 << 20;
const PATH = "/file.bin";
const LOCAL = "/data/file.bin";
const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const PRELUDE = fileURLToPath(new URL("in-page.js", import.meta.url));

/** A server with one file, and a profile that outlives its browsers. */
async function place(t, script) {
  const server = await startServer({ files: { [PATH]: script }, mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
  const profile = await mkdtemp(join(tmpdir(), "qmgr-tabs-"));
  t.after(async () => {
    await server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const launch = async () => {
    const context = await launchPersistent(profile);
    t.after(() => context.close().catch(() => {}));
    await context.addInitScript({ path: PRELUDE });
    return context;
  };
  const open = async (page) => {
    await page.goto(`${server.origin}/blank`);
    return page;
  };
  return { server, launch, open };
}

const run = (page, url) =>
  page.evaluate(
    async ([remoteFile, localFile]) => {
      const id = await lab.make([{ remoteFile, localFile }]);
      await lab.group.resumeGroup();
      return id;
    },
    [url, LOCAL],
  );

const bytesDone = (page) => page.evaluate(() => lab.group.getDetails().bytesDone);

test("a group of one tab is commanded and watched from another, over one connection", async (t) => {
  const { server, launch, open } = await place(t, { size: 16 * MIB, bytesPerSecond: 4 * MIB });
  const context = await launch();
  const first = await open(context.pages()[0]);
  const second = await open(await context.newPage());
  const id = await run(first, server.origin + PATH);
  await second.evaluate((groupId) => lab.find(groupId), id);
  assert.equal(await second.evaluate(() => lab.status()), 0x080);
  await until("bytes seen in the second tab", async () => (await bytesDone(second)) > MIB);
  await second.evaluate(() => lab.group.suspendGroup());
  await until("0x180 in the first tab", async () => (await first.evaluate(() => lab.status())) === 0x180);
  await second.evaluate(() => lab.group.resumeGroup());
  await until("complete in both", async () =>
    (await Promise.all([first, second].map((page) => page.evaluate(() => lab.status())))).every((word) => word === 0x140),
  );
  assert.equal(await second.evaluate((file) => lab.hash(file), LOCAL), server.file(PATH).sha256());
  const gets = server.log.gets(PATH);
  assert.equal(gets.length, 2, "one request for each run");
});

test("when the active tab closes, the other goes on from what is durable", async (t) => {
  const { server, launch, open } = await place(t, { size: 16 * MIB, bytesPerSecond: 4 * MIB });
  const context = await launch();
  const first = await open(context.pages()[0]);
  const id = await run(first, server.origin + PATH);
  const second = await open(await context.newPage());
  await second.evaluate((groupId) => lab.find(groupId), id);
  await until("a checkpoint", async () => (await bytesDone(first)) > 6 * MIB);
  await first.close();
  await until("complete in the second tab", async () => (await second.evaluate(() => lab.status())) === 0x140, 30_000);
  assert.equal(await second.evaluate((file) => lab.hash(file), LOCAL), server.file(PATH).sha256());
  const [, resumed] = server.log.gets(PATH);
  assert.match(resumed.range, /^bytes=[1-9]/);
});

test("a browser that is killed finds its group running, and asks only for what is missing", async (t) => {
  const { server, launch, open } = await place(t, { size: 24 * MIB, bytesPerSecond: 4 * MIB });
  const killed = await launch();
  const page = await open(killed.pages()[0]);
  const id = await run(page, server.origin + PATH);
  await until("a checkpoint", async () => (await bytesDone(page)) > 8 * MIB);
  const session = await killed.browser()?.newBrowserCDPSession?.() ?? await killed.newCDPSession(page);
  await session.send("Browser.crash").catch(() => {});
  const again = await open((await launch()).pages()[0]);
  await again.evaluate((groupId) => lab.find(groupId), id);
  await until("complete after the kill", async () => (await again.evaluate(() => lab.status())) === 0x140, 30_000);
  assert.equal(await again.evaluate((file) => lab.hash(file), LOCAL), server.file(PATH).sha256());
  const gets = server.log.gets(PATH);
  assert.match(gets.at(-1).range, /^bytes=[1-9]/);
});

const CLSID = "11111111-2222-3333-4444-555555555555";

const ERROR = [0, 0x380, 0, 0x80190194, 404];

test("the latest callback whose tab lives is called, and when its tab is closed the one before it", async (t) => {
  const { server, launch, open } = await place(t, { status: 404 });
  const context = await launch();
  const first = await open(context.pages()[0]);
  const id = await first.evaluate((file) => lab.make([file]), { remoteFile: server.origin + PATH, localFile: LOCAL });
  const second = await open(await context.newPage());
  await second.evaluate((groupId) => lab.find(groupId), id);
  await first.evaluate(() => lab.hear());
  await second.evaluate(() => lab.hear({ silent: true }));
  await first.evaluate(() => lab.group.resumeGroup());
  await until("the second tab's callback", () => second.evaluate(() => lab.heard.length === 1));
  assert.equal(await first.evaluate(() => lab.heard.length), 0);
  await second.close();
  await until("the first tab's callback", () => first.evaluate(() => lab.heard.length === 1));
  const [groupId, , ...event] = await first.evaluate(() => lab.heard[0]);
  assert.deepEqual([groupId, event], [id, ERROR]);
});

test("a tab that transfers and is called takes neither with it when it closes", async (t) => {
  const { server, launch, open } = await place(t, { status: 404 });
  const context = await launch();
  const first = await open(context.pages()[0]);
  const id = await first.evaluate((file) => lab.make([file]), { remoteFile: server.origin + PATH, localFile: LOCAL });
  const second = await open(await context.newPage());
  await second.evaluate((groupId) => lab.find(groupId), id);
  await second.evaluate(() => lab.hear());
  await first.evaluate(() => lab.hear({ silent: true }));
  await first.evaluate(() => lab.group.resumeGroup());
  await until("the first tab's callback", () => first.evaluate(() => lab.heard.length === 1));
  await first.close();
  await until("the second tab's callback", () => second.evaluate(() => lab.heard.length === 1));
});

test("a tab that the browser puts aside is not waited for, and is called again once it is back", async (t) => {
  const { server, launch, open } = await place(t, { status: 404 });
  const context = await launch();
  const first = await open(context.pages()[0]);
  const id = await first.evaluate((file) => lab.make([file]), { remoteFile: server.origin + PATH, localFile: LOCAL });
  const second = await open(await context.newPage());
  await second.evaluate((groupId) => lab.find(groupId), id);
  await first.evaluate(() => lab.hear());
  await second.evaluate(() => lab.hear({ silent: true }));
  await first.evaluate(() => lab.group.resumeGroup());
  await until("the second tab's callback", () => second.evaluate(() => lab.heard.length === 1));
  // What the browser says before it puts a page into its back/forward cache, which is off under test.
  await second.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await until("the first tab's callback", () => first.evaluate(() => lab.heard.length === 1));
  await second.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await second.evaluate(() => lab.group.setProp(11, "back"));
  await first.evaluate(() => lab.group.resumeGroup());
  await until("the second tab's callback again", () => second.evaluate(() => lab.heard.length === 2));
  assert.equal(await first.evaluate(() => lab.heard.length), 1);
});

test("what nobody was told before a reload is told after it, to a pointer or to an object of the class", async (t) => {
  const { server, launch, open } = await place(t, { status: 404 });
  const [page] = (await launch()).pages();
  await open(page);
  const fail = async (localFile) => {
    const id = await page.evaluate((file) => lab.make([file]), { remoteFile: server.origin + PATH, localFile });
    await page.evaluate(() => lab.group.resumeGroup());
    await until("the error", () => page.evaluate(() => lab.status() === 0x380));
    return id;
  };
  const [ofPointer, ofClass] = [await fail("/data/a.bin"), await fail("/data/b.bin")];
  await page.evaluate(async (clsid) => {
    const queue = await lab.queue();
    const { GROUPPROP_NOTIFYCLSID } = await lab.module();
    queue.registerClass(clsid, () => lab.callback({ silent: true }));
    await lab.group.setProp(GROUPPROP_NOTIFYCLSID, clsid);
  }, CLSID);
  await until("the call that is not answered", () => page.evaluate(() => lab.heard.length === 1));

  await open(page);
  await page.evaluate(async (clsid) => (await lab.queue()).registerClass(clsid, () => lab.callback()), CLSID);
  await until("the class's object", () => page.evaluate(() => lab.heard?.length === 1));
  assert.equal(await page.evaluate(() => lab.heard[0][0]), ofClass);
  await page.evaluate((groupId) => lab.find(groupId), ofPointer);
  await page.evaluate(() => lab.hear());
  await until("the pointer", () => page.evaluate(() => lab.heard.length === 1));
  const [groupId, , ...event] = await page.evaluate(() => lab.heard[0]);
  assert.deepEqual([groupId, event], [ofPointer, ERROR]);

  // What was taken is over: another reload finds nothing to tell.
  await open(page);
  await page.evaluate((groupId) => lab.find(groupId), ofPointer);
  await page.evaluate(() => lab.hear());
  const later = await page.evaluate(async ([remoteFile, localFile]) => {
    const told = lab.heard;
    const id = await lab.make([{ remoteFile, localFile }]);
    const { IID_IBackgroundCopyCallback1 } = await lab.module();
    const call = new Promise((resolve) => {
      lab.group.setNotificationPointer(IID_IBackgroundCopyCallback1, { onStatus: (group) => (resolve(group.groupId), 0) });
    });
    await lab.group.resumeGroup();
    return { told: told.length, own: (await call) === id };
  }, [server.origin + PATH, "/data/c.bin"]);
  assert.deepEqual(later, { told: 0, own: true });
});
