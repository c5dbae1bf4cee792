/** Tabs that a system or a browser puts aside, and that come back: frozen, and in the back/forward cache. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { freeze } from "./processes.mjs";
import { assertWhole, isComplete, MIB, PATH, place, role, run, twoTabs, watchRole } from "./tabs.mjs";
import { until } from "./until.mjs";

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
