/** The queue at a glance: many groups, what they say in a row, and commands for all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bringUp, cardOf, event, events, openPlayground, takeSample } from "./playground.mjs";
import { until } from "./until.mjs";
import { keepPicture } from "./visit.mjs";

const EXPECTED = [/status of 404/, /status of 503/];
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const names = (page) => page.locator("#groups li:visible [data-field=name]").allInnerTexts();
const count = async (page, filter) => Number(await page.locator(`[data-filter="${filter}"] .count`).innerText());
const about = (page, name) => cardOf(page, name).row.locator("[data-field=about]").innerText();

/** A running, a waiting, a failed, a new and a complete group. */
async function oneOfEach(page, server) {
  server.put("/slow.bin", { size: 50e6, bytesPerSecond: 2e6 });
  server.put("/busy.bin", { size: 1e6, status: 503, retryAfter: "600" });
  const small = await takeSample(page, "small.bin");
  await small.press("Resume");
  await small.word("group", "0x140");
  const missing = await takeSample(page, "missing.bin");
  await missing.press("Resume");
  await missing.word("group", "0x380");
  await takeSample(page, "medium.bin");
  await bringUp(page, "queue");
  await page.getByLabel("Resume at once").check();
  for (const name of ["busy.bin", "slow.bin"]) {
    await page.getByLabel("Addresses, one a line").fill(`${server.origin}/${name}`);
    await page.getByRole("button", { name: "Create group" }).click();
    await cardOf(page, name).row.waitFor();
    await bringUp(page, "queue");
  }
}

for (const [device, size] of Object.entries(SIZES)) {
  test(`each row says how its group fares, and the filters and the search find it, on a ${device}`, async (t) => {
    const { page, server } = await openPlayground(t, { expected: EXPECTED });
    await page.setViewportSize(size);
    await oneOfEach(page, server);

    await until("the speed", async () => /\/s, .* left$/.test(await about(page, "slow.bin")));
    assert.equal(await about(page, "missing.bin"), "BG_E_HTTP_ERROR_404, file 0");
    const wait = async () => /^The server asked to wait, next attempt in (\d+) min (\d+) s$/.exec(await about(page, "busy.bin"))?.slice(1).map(Number);
    const [, seconds] = await until("a time of nearly ten minutes", async () => {
      const time = await wait();
      return time?.[0] === 9 && time;
    });
    await until("the countdown goes on", async () => (await wait())[1] !== seconds);
    assert.equal(await cardOf(page, "small.bin").row.locator("[data-field=word]").innerText(), "0x140");

    for (const filter of ["moving", "waiting", "suspended", "failed", "complete"]) assert.equal(await count(page, filter), 1, filter);
    await page.locator('[data-filter="failed"]').click();
    assert.deepEqual(await names(page), ["missing.bin"]);
    assert.equal(await page.locator("#group-count").innerText(), "1 of 5");
    await page.locator('[data-filter="all"]').click();
    await page.getByLabel("Search the groups").fill("/SLOW");
    assert.deepEqual(await names(page), ["slow.bin"]);
    await page.getByLabel("Search the groups").fill("nothing is called so");
    assert.equal(await page.locator("#no-groups").innerText(), "No group matches the search and the filter.");
    await page.getByLabel("Search the groups").fill("");
    assert.equal((await names(page)).length, 5);
    await keepPicture(page, `queue-${device}`);
  });

  test(`one row's buttons and those for all do what they say, on a ${device}`, async (t) => {
    const { page, server } = await openPlayground(t, { expected: EXPECTED });
    await page.setViewportSize(size);
    await oneOfEach(page, server);
    const press = (label) => page.getByRole("button", { name: label, exact: true }).click();
    const word = (name, expected) => until(`${name} is ${expected}`, async () => await cardOf(page, name).row.locator("[data-field=word]").innerText() === expected);

    await press("Suspend slow.bin");
    await word("slow.bin", "0x180");
    await press("Foreground slow.bin");
    await word("slow.bin", "0x580");
    await press("Suspend all");
    await word("busy.bin", "0x180");
    await word("small.bin", "0x140");
    await page.getByLabel("Search the groups").fill("slow");
    await press("Resume all");
    await word("slow.bin", "0x480");
    await page.getByLabel("Search the groups").fill("");
    // What is not shown is left alone.
    await word("busy.bin", "0x180");
    await until("bytes", async () => await count(page, "moving") === 1);

    await press("Clear finished");
    await cardOf(page, "small.bin").gone();
    await until("bytes of slow.bin", async () => /left$/.test(await about(page, "slow.bin")));
    await press("Cancel all");
    await page.getByRole("dialog", { name: "Cancel this group?" }).getByRole("button", { name: "Cancel the group" }).click();
    await until("an empty queue", async () => await page.locator("#group-count").innerText() === "0");
    await bringUp(page, "files");
    assert.equal(await page.locator("#files li").count(), 1, "a finished file stays");
  });
}

test("finished groups are cleared at once while the first of them is open", async (t) => {
  const { page } = await openPlayground(t);
  await page.getByLabel("Resume at once").check();
  for (let count = 1; count <= 4; count += 1) {
    await page.locator('[data-sample="small.bin"]').click();
    await until(`${count} complete`, async () => await page.locator('[data-filter="complete"] .count').innerText() === String(count));
  }
  await page.locator("#groups [data-field=name]").first().click();
  await page.getByRole("button", { name: "Clear finished" }).click();
  await until("an empty queue", async () => await page.locator("#group-count").innerText() === "0");
  assert.equal(await page.locator("#instrument [data-field=name]").innerText(), "No group is open");
  assert.equal(await page.locator("#group .properties").isVisible(), false);
});

test("many addresses are pasted, opened as a list or dropped, and become one group or many", async (t) => {
  const { page, server } = await openPlayground(t);
  const addresses = Array.from({ length: 20 }, (_, index) => `${server.origin}/list/${index}.bin`);
  for (let index = 0; index < 20; index += 1) server.put(`/list/${index}.bin`, { size: 1000 });

  await page.locator("#list-file").setInputFiles({ name: "list.txt", mimeType: "text/plain", buffer: Buffer.from(`# twenty\n${addresses.join("\r\n")}\n`) });
  const typed = () => page.getByLabel("Addresses, one a line").inputValue();
  await until("the list", async () => (await typed()).split("\n").length === 20);
  await page.getByRole("button", { name: "Create group" }).click();
  await cardOf(page, "0.bin and 19 more").row.waitFor();

  const drop = (name, text, type) => page.evaluate(([fileName, content, mime]) => {
    const data = new DataTransfer();
    if (fileName) data.items.add(new File([content], fileName, { type: "text/plain" }));
    else data.setData(mime, content);
    for (const step of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(step, { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [name, text, type]);
  await drop("list.txt", addresses.slice(0, 2).join("\n"));
  await until("the dropped list", async () => (await typed()).split("\n").length === 2);
  await drop(null, `${addresses[2]}\r\n# a title\r\n`, "text/uri-list");
  await until("the dropped link", async () => (await typed()).split("\n").length === 3);
  assert.equal(await page.locator("#drop-here").isVisible(), false);

  await page.getByText("Where to, and how many groups").click();
  await page.getByLabel("A group for each address").check();
  await page.getByLabel("Resume at once").check();
  await page.getByRole("button", { name: "Create group" }).click();
  for (const name of ["0.bin", "1.bin", "2.bin"]) await cardOf(page, name).word("group", "0x140");
  await drop("empty.txt", "");
  await until("the reason", async () => await page.locator("#form-error").innerText() === "There is no address in it. An address begins with https:// or http://.");
});

test("pasted rubbish stays where it is and makes no group; among words the addresses are found", async (t) => {
  const { page, server } = await openPlayground(t);
  server.put("/a.bin", { size: 1000 });
  const field = page.getByLabel("Addresses, one a line");
  const press = () => page.getByRole("button", { name: "Create group" }).click();
  const reason = page.locator("#form-error");
  await field.fill("nothing here");
  await press();
  await until("the reason", async () => /^There is no address in it/.test(await reason.innerText()));
  assert.equal(await field.inputValue(), "nothing here");

  await field.fill("example.com/a.bin");
  await press();
  await until("what it lacks", async () => /"example\.com\/a\.bin" has no scheme: it has to begin with https:\/\/ or http:\/\//.test(await reason.innerText()));
  assert.equal(await page.locator("#groups li").count(), 0);

  await field.fill(`The model: <${server.origin}/a.bin>, as promised.`);
  await press();
  await cardOf(page, "a.bin").row.waitFor();
  assert.equal(await reason.innerText(), "Left out, being no address: “The”, “model:”, “as” and 1 more.");
});

test("a finished file says when it was last modified, the same everywhere", async (t) => {
  const { page } = await openPlayground(t);
  const card = await takeSample(page, "small.bin");
  await card.press("Resume");
  await card.word("group", "0x140");
  await bringUp(page, "files");
  assert.match(await page.locator("#files .what").innerText(), /^64\.0 KiB, application\/octet-stream, last modified [12] Jan 2020$/);
});

test("what is used and left can be read, and storage can be kept for good", async (t) => {
  const { page } = await openPlayground(t);
  const card = await takeSample(page, "small.bin");
  await card.press("Resume");
  await card.word("group", "0x140");
  await bringUp(page, "files");
  await until("the figures", async () => /^[\d.]+ [KM]iB$/.test(await page.locator("#usage").innerText()) && /GiB$/.test(await page.locator("#left").innerText()));
  assert.match(await page.locator("#used").innerText(), / of .*GiB$/);
  assert.equal(await page.locator("#persisted").innerText(), "while there is space");
  await page.getByRole("button", { name: "Keep for good" }).click();
  await event(page, /storage persist\(\) → S_OK/);
  // A headless browser asks nobody: it may agree or decline, and the page says which.
  await until("the answer", async () => /^for good$|declined$/.test(await page.locator("#persisted").innerText()));
  assert.ok((await events(page)).length > 0);
});
