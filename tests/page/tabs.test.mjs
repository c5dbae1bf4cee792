/** Several tabs of one queue: closed, killed, frozen, cached, of another build; their callbacks; and a browser that is killed. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchPersistent } from "../browser-launch.mjs";
import { startServer } from "../server/server.mjs";
import { freeze, kill } from "./processes.mjs";
import { PKG, until } from "./visit.mjs";

const MIB = 1 << 20;
const PATH = "/file.bin";
const LOCAL = "/data/file.bin";
const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
/** The bytes of the message: its version, from a page to the engine, hello, the version that asks. */
const HELLO_OF_VERSION_1000 = [0xe8, 7, 0, 0, 0xe8, 7];
const PRELUDE = fileURLToPath(new URL("in-page.js", import.meta.url));

/** A server with one file, and a profile that outlives its browsers. */
async function place(t, script) {
  const server = await startServer({ files: { [PATH]: script }, mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK, "/away": BLANK } });
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

const run = (page, url, options) =>
  page.evaluate(
    async ([remoteFile, localFile, options]) => {
      const id = await lab.make([{ remoteFile, localFile }], options);
      await lab.group.resumeGroup();
      return id;
    },
    [url, LOCAL, options],
  );

const bytesDone = (page) => page.evaluate(() => lab.group.getDetails().bytesDone);

const isComplete = async (page) => (await page.evaluate(() => lab.status())) === 0x140;
const role = (page) => page.evaluate(async () => (await lab.queue()).role);

/** Two tabs that hold one group, which the first of them transfers; a checkpoint has been written. */
async function twoTabs(t, { launch, open, server }, whileFetching = 2 * MIB) {
  const context = await launch();
  const first = await open(context.pages()[0]);
  const id = await run(first, server.origin + PATH);
  const second = await open(await context.newPage());
  await second.evaluate((groupId) => lab.find(groupId), id);
  assert.deepEqual([await role(first), await role(second)], ["active", "standby"]);
  await until("bytes", async () => (await bytesDone(second)) > whileFetching);
  return { context, first, second, id };
}

/** Collects the role events of a page. */
const watchRole = (page) =>
  page.evaluate(async () => {
    globalThis.roles = [];
    (await lab.queue()).addEventListener("role", ({ detail }) => roles.push(detail.role));
  });

/** What was fetched is the file, and no byte of it was asked for from two tabs at once for long. */
async function assertWhole(server, page) {
  assert.equal(await page.evaluate((file) => lab.hash(file), LOCAL), server.file(PATH).sha256());
}

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

test("a worker that ends without a word is followed by another, which goes on", async (t) => {
  const { server, launch, open } = await place(t, { size: 16 * MIB, bytesPerSecond: 4 * MIB });
  const context = await launch();
  const page = await open(context.pages()[0]);
  await page.evaluate(
    async ([remoteFile, localFile]) => {
      globalThis.workers = [];
      const worker = () => {
        workers.push(new Worker("/pkg/worker.js", { type: "module" }));
        return workers.at(-1);
      };
      await lab.make([{ remoteFile, localFile }], { worker });
      await lab.group.resumeGroup();
    },
    [server.origin + PATH, LOCAL],
  );
  await until("bytes", async () => (await bytesDone(page)) > 6 * MIB);
  await page.evaluate(() => workers[0].terminate());
  await until("complete", () => isComplete(page), 30_000);
  assert.equal(await page.evaluate(() => workers.length), 2);
  await assertWhole(server, page);
  assert.match(server.log.gets(PATH).at(-1).range, /^bytes=[1-9]/);
});

test("a suspend in one tab ends the connection of the other", async (t) => {
  const there = await place(t, { size: 64 * MIB, bytesPerSecond: 4 * MIB });
  const { second } = await twoTabs(t, there);
  const called = Date.now();
  await second.evaluate(() => lab.group.suspendGroup());
  const { closedAt } = await there.server.log.until(({ end }) => end === "client", { what: "the end of the transfer" });
  t.diagnostic(`the connection ended after ${closedAt - called} ms`);
});

test("when the active tab's process is killed, the other goes on, and calls made meanwhile are carried out", async (t) => {
  const there = await place(t, { size: 24 * MIB, bytesPerSecond: 4 * MIB });
  const { first, second } = await twoTabs(t, there);
  await watchRole(second);
  await until("a checkpoint", async () => (await second.evaluate(() => lab.progress().ranges.length)) > 0);
  await kill(first);
  const killed = Date.now();
  await second.evaluate(() => lab.group.setProp(11, "after the kill"));
  const { at } = await there.server.log.until(({ id }) => id > 1, { what: "a request of the second tab" });
  t.diagnostic(`the other tab asked after ${at - killed} ms`);
  assert.deepEqual(await second.evaluate(() => roles), ["active"]);
  await until("complete", () => isComplete(second), 30_000);
  await assertWhole(there.server, second);
  assert.match(there.server.log.gets(PATH)[1].range, /^bytes=[1-9]/);
});

test("a frozen tab loses the queue to one that is seen, and is harmless when it wakes up", async (t) => {
  const there = await place(t, { size: 24 * MIB, bytesPerSecond: 4 * MIB });
  const { first, second } = await twoTabs(t, there);
  await watchRole(first);
  await watchRole(second);
  const thaw = await freeze(t, first);
  await until("the second tab to take over", async () => (await role(second)) === "active");
  // The frozen process still has the part open: it is waited for, and the calls go on.
  await second.evaluate(() => lab.group.setProp(11, "from the second tab"));
  thaw();
  await until("the first tab to know", async () => (await role(first)) === "standby");
  await until("complete in both", async () => (await isComplete(first)) && (await isComplete(second)), 60_000);
  assert.deepEqual(await first.evaluate(() => roles), ["standby"]);
  assert.deepEqual(await second.evaluate(() => roles), ["active"]);
  assert.equal(await first.evaluate(() => lab.group.getProp(11)), "from the second tab");
  await assertWhole(there.server, first);
});

test("a frozen tab that never wakes keeps its part, and the other goes on in a copy of it", async (t) => {
  const there = await place(t, { size: 24 * MIB, bytesPerSecond: 4 * MIB });
  const { first, second } = await twoTabs(t, there, 6 * MIB);
  const thaw = await freeze(t, first);
  await until("complete in the second tab", () => isComplete(second), 120_000);
  await assertWhole(there.server, second);
  const [, ...resumed] = there.server.log.gets(PATH);
  assert.ok(resumed.length > 0 && resumed.every(({ range }) => /^bytes=[1-9]/.test(range)), "nothing is fetched twice");
  thaw();
  await until("the first tab to know", async () => (await role(first)) === "standby" && (await isComplete(first)));
  await assertWhole(there.server, first);
});

/** A page that is taken from the cache is not loaded again. */
const comeBack = (page) => page.goBack({ waitUntil: "commit" });

test("a page in the back/forward cache leaves the queue to others, and its handles go on when it comes back", async (t) => {
  const there = await place(t, { size: 24 * MIB, bytesPerSecond: 4 * MIB });
  const { first, second } = await twoTabs(t, there);
  await watchRole(first);
  await first.evaluate(() => {
    addEventListener("pagehide", ({ persisted }) => {
      globalThis.hidden = { persisted, wait: lab.group.getDetails().wait?.reason };
      globalThis.called = lab.group.setProp(11, "on the way out").then(() => "done");
    });
  });
  await first.goto(`${there.server.origin}/away`);
  await until("the second tab to take over", async () => (await role(second)) === "active");
  await comeBack(first);
  assert.deepEqual(await first.evaluate(() => hidden), { persisted: true, wait: "no-active-tab" });
  assert.equal(await first.evaluate(() => called), "done");
  assert.equal(await role(first), "standby");
  await until("complete in both", async () => (await isComplete(first)) && (await isComplete(second)), 30_000);
  assert.deepEqual(await first.evaluate(() => roles), ["standby"]);
  assert.equal(await first.evaluate(() => lab.words.at(-1)), 0x140, "its listeners have heard of it");
  await assertWhole(there.server, first);
});

test("a page that comes back from the back/forward cache alone transfers again", async (t) => {
  const { server, launch, open } = await place(t, { size: 16 * MIB, bytesPerSecond: 4 * MIB });
  const page = await open((await launch()).pages()[0]);
  await run(page, server.origin + PATH);
  await watchRole(page);
  await until("a checkpoint", async () => (await page.evaluate(() => lab.progress().ranges.length)) > 0);
  await page.goto(`${server.origin}/away`);
  await comeBack(page);
  await until("complete", () => isComplete(page), 30_000);
  assert.deepEqual(await page.evaluate(() => roles), ["standby", "active"]);
  await assertWhole(server, page);
  assert.match(server.log.gets(PATH).at(-1).range, /^bytes=[1-9]/);
});

test("an engine gives way to a newer build; the older tabs can read, and their calls say to reload", async (t) => {
  const there = await place(t, { size: 64 * MIB, bytesPerSecond: 4 * MIB });
  const { first, second } = await twoTabs(t, there);
  await second.evaluate((hello) => new BroadcastChannel("qmgr:default").postMessage(new Uint8Array(hello)), HELLO_OF_VERSION_1000);
  await there.server.log.until(({ end }) => end === "client", { what: "the end of the transfer" });
  for (const page of [first, second]) {
    // Until it has left, the older engine carries out what it is asked.
    await until("the engine has left", () => page.evaluate(() => lab.group.getDetails().wait?.reason === "no-active-tab"));
    const message = await page.evaluate(() => lab.group.suspendGroup().catch((error) => `${error.code}: ${error.message}`));
    assert.match(message, /^QM_E_SERVICE_UNAVAILABLE: .*reload/);
    assert.equal(await page.evaluate(() => lab.status()), 0x080);
    assert.equal(await page.evaluate(() => lab.group.getDetails().wait.reason), "no-active-tab");
    assert.equal(await role(page), "standby");
  }
  const ranges = await until("a checkpoint", () => first.evaluate(() => lab.progress().ranges));
  assert.ok(ranges[0][1] > MIB, `${ranges}`);
});

test("a newer build upgrades the database at once, and the older one leaves it alone from then on", async (t) => {
  const there = await place(t, { size: 64 * MIB, bytesPerSecond: 4 * MIB });
  const { context, first, second } = await twoTabs(t, there);
  const upgrade = () =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open("qmgr:default", 1000);
      opening.onsuccess = () => resolve(opening.result.close());
      opening.onerror = () => reject(opening.error);
    });
  await second.evaluate(upgrade);
  for (const page of [first, second]) {
    const message = await page.evaluate(() => lab.group.suspendGroup().catch((error) => error.message));
    assert.match(message, /reload/);
  }
  const third = await there.open(await context.newPage());
  const message = await third.evaluate(() => lab.queue().catch((error) => `${error.code}: ${error.message}`));
  assert.match(message, /^QM_E_SERVICE_UNAVAILABLE: .*reload/);
  const databases = await third.evaluate(() => indexedDB.databases());
  assert.deepEqual(databases.map(({ version }) => version), [1000]);
});

/** A worker that the test can see and break. */
const openWithOwnWorker = (page) =>
  page.evaluate(() => lab.queue({ worker: () => (globalThis.worker = new Worker("/pkg/worker.js", { type: "module" })) }).then(() => {}));
const breakWorker = (page) => page.evaluate(() => void worker.dispatchEvent(new ErrorEvent("error", { message: "broken by the test" })));

test("a tab whose worker crashes goes on over the worker of another", async (t) => {
  const { server, launch, open } = await place(t, { size: 16 * MIB, bytesPerSecond: 4 * MIB });
  const context = await launch();
  const first = await open(context.pages()[0]);
  await openWithOwnWorker(first);
  await run(first, server.origin + PATH);
  const second = await open(await context.newPage());
  await second.evaluate(() => lab.queue().then(() => {}));
  await breakWorker(first);
  await first.evaluate(() => lab.group.setProp(11, "after the crash"));
  assert.deepEqual([await role(first), await role(second)], ["standby", "active"]);
  await until("complete", () => isComplete(first), 30_000);
  await assertWhole(server, first);
});

test("a tab whose worker crashes says so when there is no other, now or later", async (t) => {
  const { server, launch, open } = await place(t, { size: 16 * MIB, bytesPerSecond: 4 * MIB });
  const context = await launch();
  const first = await open(context.pages()[0]);
  await openWithOwnWorker(first);
  await run(first, server.origin + PATH);
  const failure = () => lab.group.setProp(11, "x").catch((error) => `${error.code}: ${error.message}`);
  await breakWorker(first);
  assert.match(await first.evaluate(failure), /^QM_E_SERVICE_UNAVAILABLE: .*broken by the test/);
  const second = await open(await context.newPage());
  await second.evaluate(() => lab.queue().then(() => {}));
  await until("the second tab's engine", () => first.evaluate(() => lab.group.setProp(11, "y").then(() => true, () => false)));
  await kill(second);
  assert.match(await first.evaluate(failure), /^QM_E_SERVICE_UNAVAILABLE: .*broken by the test/);
});

for (const storage of ["opfs", "indexeddb"]) {
  test(`a browser that is killed finds its group running, and asks only for what is missing (${storage})`, async (t) => {
    const { server, launch, open } = await place(t, { size: 24 * MIB, bytesPerSecond: 4 * MIB });
    const killed = await launch();
    const page = await open(killed.pages()[0]);
    const id = await run(page, server.origin + PATH, { storage });
    await until("a checkpoint", async () => (await bytesDone(page)) > 8 * MIB);
    const session = await killed.browser()?.newBrowserCDPSession?.() ?? await killed.newCDPSession(page);
    await session.send("Browser.crash").catch(() => {});
    const again = await open((await launch()).pages()[0]);
    await again.evaluate((groupId) => lab.find(groupId), id);
    assert.equal(await again.evaluate(async () => (await lab.queue()).storage), storage);
    await until("complete after the kill", async () => (await again.evaluate(() => lab.status())) === 0x140, 30_000);
    assert.equal(await again.evaluate((file) => lab.hash(file), LOCAL), server.file(PATH).sha256());
    const gets = server.log.gets(PATH);
    assert.match(gets.at(-1).range, /^bytes=[1-9]/);
  });
}

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
