/** Several tabs of one queue: closed, killed, crashed, of another build; and a browser that is killed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { kill } from "./processes.mjs";
import { assertWhole, bytesDone, isComplete, LOCAL, MIB, PATH, place, role, run, twoTabs, watchRole } from "./tabs.mjs";
import { until } from "./until.mjs";

/** The bytes of the message: its version, from a page to the engine, hello, the version that asks. */
const HELLO_OF_VERSION_1000 = [0xe8, 7, 0, 0, 0xe8, 7];

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
  const taken = closedAt - called;
  t.diagnostic(`the connection ended ${taken} ms after the call; it may take 1000`);
});

test("when the active tab's process is killed, the other goes on, and calls made meanwhile are carried out", async (t) => {
  const there = await place(t, { size: 24 * MIB, bytesPerSecond: 4 * MIB });
  const { first, second } = await twoTabs(t, there);
  await watchRole(second);
  await until("a checkpoint", async () => (await second.evaluate(() => lab.progress().ranges.length)) > 0);
  const killed = await kill(first);
  await second.evaluate(() => lab.group.setProp(11, "after the kill"));
  const { at } = await there.server.log.until(({ at }) => at > killed, { what: "a request of the second tab" });
  const taken = at - killed;
  t.diagnostic(`the other tab transfers ${taken} ms after the kill; it may take 5000`);
  assert.deepEqual(await second.evaluate(() => roles), ["active"]);
  await until("complete", () => isComplete(second), 30_000);
  await assertWhole(there.server, second);
  assert.match(there.server.log.gets(PATH)[1].range, /^bytes=[1-9]/);
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
