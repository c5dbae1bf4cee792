/** Callbacks of several tabs: which of them is called, and what is told after a reload. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCAL, PATH, place } from "./tabs.mjs";
import { until } from "./until.mjs";

const CLSID = "11111111-2222-3333-4444-555555555555";

const ERROR = [0, 0x380, 0, 0x80190194, 404];

/** Two tabs that hold one group, whose file is missing. */
async function twoTabs(t) {
  const { server, launch, open } = await place(t, { status: 404 });
  const context = await launch();
  const first = await open(context.pages()[0]);
  const id = await first.evaluate((file) => lab.make([file]), { remoteFile: server.origin + PATH, localFile: LOCAL });
  const second = await open(await context.newPage());
  await second.evaluate((groupId) => lab.find(groupId), id);
  return { first, second, id };
}

test("the latest callback whose tab lives is called, and when its tab is closed the one before it", async (t) => {
  const { first, second, id } = await twoTabs(t);
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
  const { first, second } = await twoTabs(t);
  await second.evaluate(() => lab.hear());
  await first.evaluate(() => lab.hear({ silent: true }));
  await first.evaluate(() => lab.group.resumeGroup());
  await until("the first tab's callback", () => first.evaluate(() => lab.heard.length === 1));
  await first.close();
  await until("the second tab's callback", () => second.evaluate(() => lab.heard.length === 1));
});

test("a tab that the browser puts aside is not waited for, and is called again once it is back", async (t) => {
  const { first, second } = await twoTabs(t);
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
