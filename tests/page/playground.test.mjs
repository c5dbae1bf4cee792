import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { startServer } from "../server/server.mjs";
import { fileURLToPath } from "node:url";
import { bringUp, cardOf, event, events, hashShown, openPlayground, ready, takeSample } from "./playground.mjs";
import { siteMounts } from "../server/site.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const MISSING = [/status of 404/];

/** In the page: whether the first file of a group has bytes that a reload cannot lose. */
async function anyDurable() {
  const { QueueManager } = await import("/qmgr/index.js");
  const queue = await QueueManager.open();
  const groups = await Promise.all([...await queue.enumGroups(0)].map((id) => queue.getGroup(id)));
  const jobs = groups.flatMap((group) => [...group.enumJobs(0)].map((id) => group.getJob(id)));
  return jobs.some((job) => job.getFileDetails(0).ranges.length > 0);
}

test("a sample goes from suspended through running to complete, and its bits light up", async (t) => {
  const { page, server } = await openPlayground(t);
  const card = await takeSample(page, "large.bin");
  assert.deepEqual(await card.lit(), ["QM_STATUS_FILE_INCOMPLETE", "QM_STATUS_GROUP_INCOMPLETE", "QM_STATUS_GROUP_SUSPENDED", "QM_STATUS_JOB_INCOMPLETE"]);
  assert.equal(await card.text("state"), "new");
  assert.equal(await card.instrument.locator(".lamp").count(), 11);

  await card.press("Resume");
  await card.word("group", "0x080");
  await card.word("job", "0x08");
  await card.state("transferring");
  assert.deepEqual(await card.lit(), ["QM_STATUS_FILE_INCOMPLETE", "QM_STATUS_GROUP_INCOMPLETE", "QM_STATUS_JOB_INCOMPLETE"]);

  server.file("/samples/large.bin").update({ bytesPerSecond: 0 });
  await card.word("group", "0x140", 60_000);
  await card.word("job", "0x04");
  await card.word("file", "0x01");
  assert.equal(await card.text("percent"), "100 %");
  assert.equal(await card.text("bytes"), "64.0 MiB of 64.0 MiB");
  await until("it is said aloud", async () => await page.locator("#announcer").innerText() === "large.bin: complete");
  const words = (await events(page)).map((line) => /statuschange (0x\w+) → (0x\w+)/.exec(line)?.slice(1)).filter(Boolean);
  assert.deepEqual(words, [["0x180", "0x080"], ["0x080", "0x140"]]);
  assert.equal(await hashShown(page, "/samples/large.bin"), server.file("/samples/large.bin").sha256());
});

test("suspend closes the connection and keeps what is there; resume asks only for the rest", async (t) => {
  const { page, server } = await openPlayground(t);
  const path = "/samples/large.bin";
  const card = await takeSample(page, "large.bin");
  await card.press("Resume");
  await card.percent(2);
  await card.press("Suspend");
  const pressed = Date.now();
  await card.word("group", "0x180");
  await server.log.until((entry) => entry.path === path && entry.end === "client", { what: "the end of the connection" });
  assert.ok(server.log.gets(path).at(-1).closedAt - pressed < 1000);
  assert.ok(parseInt(await card.text("percent"), 10) >= 2);

  await card.press("Resume");
  const again = await server.log.until((entry) => entry.path === path && /^bytes=[1-9]\d*-/.test(entry.range ?? "") && entry.status === 206);
  assert.equal(again.ifRange, server.file(path).representation(server.file(path).script, false).etag);
  server.file(path).update({ bytesPerSecond: 0 });
  await card.word("group", "0x140", 60_000);
  assert.equal(await hashShown(page, path), server.file(path).sha256());
});

test("after a reload every group is there, and the running one goes on by itself", async (t) => {
  const { page, server } = await openPlayground(t);
  await takeSample(page, "small.bin");
  const card = await takeSample(page, "large.bin");
  await card.press("Resume");
  await until("durable bytes", () => page.evaluate(anyDurable));
  await page.reload();
  await ready(page);
  await cardOf(page, "small.bin").word("group", "0x180");
  await card.state("transferring");
  server.file("/samples/large.bin").update({ bytesPerSecond: 0 });
  await card.word("group", "0x140", 60_000);
  const ranges = server.log.gets("/samples/large.bin").map(({ range }) => range);
  assert.equal(ranges[0], "bytes=0-");
  assert.match(ranges.at(-1), /^bytes=[1-9]/);
  assert.equal(await hashShown(page, "/samples/large.bin"), server.file("/samples/large.bin").sha256());
});

test("cancelling an unfinished group asks first, and then it is gone for good", async (t) => {
  const { page } = await openPlayground(t);
  const card = await takeSample(page, "large.bin");
  await card.press("Resume");
  await card.percent(1);
  await card.press("Cancel");
  const dialog = page.getByRole("dialog", { name: "Cancel this group?" });
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await card.word("group", "0x080");
  await card.press("Cancel");
  await dialog.getByRole("button", { name: "Cancel the group" }).click();
  await card.gone();
  await event(page, /large\.bin cancelGroup\(\) → S_OK/);
  await page.reload();
  await ready(page);
  assert.equal(await page.locator("#group-count").innerText(), "0");
  assert.equal(await page.locator("#file-count").innerText(), "0");
});

test("cancelling a finished group leaves its file, which can be saved and deleted", async (t) => {
  const { page, server } = await openPlayground(t);
  const card = await takeSample(page, "small.bin");
  await card.press("Resume");
  await card.word("group", "0x140");
  await card.press("Cancel");
  await card.gone();
  await page.reload();
  await ready(page);

  await bringUp(page, "files");
  const file = page.locator('#files [data-local-file="/samples/small.bin"]');
  const [download] = await Promise.all([page.waitForEvent("download"), file.getByRole("button", { name: "Save small.bin" }).click()]);
  assert.equal(download.suggestedFilename(), "small.bin");
  const saved = createHash("sha256").update(await readFile(await download.path())).digest("hex");
  assert.equal(saved, server.file("/samples/small.bin").sha256());

  await file.getByRole("button", { name: "Delete small.bin" }).click();
  await file.waitFor({ state: "detached" });
  assert.equal(await page.locator("#file-count").innerText(), "0");
});

test("foreground lights its bit in every state and stays over a reload", async (t) => {
  const { page } = await openPlayground(t);
  const card = await takeSample(page, "large.bin");
  await card.press("Foreground");
  await card.word("group", "0x580");
  await card.press("Resume");
  await card.word("group", "0x480");
  assert.ok((await card.lit()).includes("QM_STATUS_GROUP_FOREGROUND"));
  await card.press("Suspend");
  await card.word("group", "0x580");
  await page.reload();
  await ready(page);
  await card.word("group", "0x580");
});

test("a missing file fails the group; mended, the group completes on resume", async (t) => {
  const { page } = await openPlayground(t, { expected: MISSING });
  const card = await takeSample(page, "missing.bin");
  await card.press("Resume");
  await card.word("group", "0x380");
  await card.word("job", "0x18");
  assert.equal(await card.text("transport"), "404 Not Found");
  assert.match(await card.text("win32"), /0x80190194 BG_E_HTTP_ERROR_404/);
  assert.match(await card.text("note"), /BG_E_HTTP_ERROR_404/);
  await event(page, /missing\.bin error 0x80190194 BG_E_HTTP_ERROR_404/);
  await until("it is said aloud", async () => /missing\.bin: failed/.test(await page.locator("#announcer").innerText()));

  await page.locator('[data-mend="missing.bin"]').click();
  await event(page, /missing\.bin is there/);
  await card.press("Resume");
  await card.word("group", "0x140");
  await card.word("job", "0x04");
  assert.equal(await card.text("retries"), "1");
  assert.equal(await card.text("transport"), "–");
});

test("several addresses by hand make one group, each file under a name of its own", async (t) => {
  const { page, server } = await openPlayground(t);
  server.put("/a/data.bin", { size: 1000 });
  server.put("/b/data.bin", { size: 2000 });
  await page.getByLabel("Addresses, one a line").fill(`${server.origin}/a/data.bin\n${server.origin}/b/data.bin?x=1`);
  await page.getByLabel("Resume at once").check();
  await page.getByRole("button", { name: "Create group" }).click();
  const card = cardOf(page, "data.bin and 1 more");
  await card.word("group", "0x140");
  await bringUp(page, "files");
  const files = await page.locator("#files .path").allInnerTexts();
  assert.deepEqual(files.sort(), ["/downloads/data-2.bin", "/downloads/data.bin"]);
  assert.equal(await hashShown(page, "/downloads/data-2.bin"), server.file("/b/data.bin").sha256());
  await bringUp(page, "group");
  await until("both rows", async () => await page.locator('#group [data-local-file][data-word="0x01"]').count() === 2);
});

test("an address that is refused leaves a sentence with its HRESULT and its reason, and no group", async (t) => {
  const { page } = await openPlayground(t);
  await page.getByLabel("Addresses, one a line").fill("https://example.org/file.bin\nftp://example.org/file.bin");
  await page.getByRole("button", { name: "Create group" }).click();
  await until("the reason", async () => /0x80070057 E_INVALIDARG: .*ftp:\/\/example\.org\/file\.bin.* neither http nor https/.test(await page.getByRole("alert").filter({ hasText: "not created" }).innerText()));
  await event(page, /addFiles\(2\) → 0x80070057 E_INVALIDARG/);
  await until("no group", async () => await page.locator("#group-count").innerText() === "0");
  await page.reload();
  await ready(page);
  assert.equal(await page.locator("#groups [data-group-id]").count(), 0);
});

test("markup in a name stays text", async (t) => {
  const { page } = await openPlayground(t);
  const name = '<img src=x onerror="window.hurt=true">';
  await takeSample(page, "small.bin");
  await page.evaluate(async (text) => {
    const { QueueManager, GROUPPROP_DISPLAYNAME } = await import("/qmgr/index.js");
    const queue = await QueueManager.open();
    const [id] = await queue.enumGroups();
    await (await queue.getGroup(id)).setProp(GROUPPROP_DISPLAYNAME, text);
  }, name);
  await cardOf(page, name).row.waitFor();
  await page.reload();
  await cardOf(page, name).open();
  await page.getByRole("heading", { name, exact: true }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.hurt), undefined);
});

test("a browser that lacks something is told so by name", async (t) => {
  const prelude = fileURLToPath(new URL("without-locks.js", import.meta.url));
  const server = await startServer({ mounts: siteMounts(PKG) });
  const page = await visit(t, `${server.origin}/`, { prelude, servers: [server] });
  await until("the notice", async () => /lacks Web Locks/.test(await page.getByRole("alert").first().innerText()));
});

test("what is wrong with the addresses is said until one types", async (t) => {
  const { page } = await openPlayground(t);
  await bringUp(page, "queue");
  const problem = page.locator("#form-error");
  await page.locator("#new-group").getByRole("button", { name: "Create group" }).click();
  await until("it is said", async () => await problem.innerText() === "Give at least one address.");
  await page.locator("#urls").pressSequentially("h");
  await until("it is said no more", async () => await problem.innerText() === "");
});
