/** A group opened up: lamps, states, pieces, speed, job status, properties and notifications. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { bringUp, cardOf, event, openPlayground, takeSample } from "./playground.mjs";
import { until } from "./until.mjs";
import { keepPicture } from "./visit.mjs";

const EXPECTED = [/status of 404/, /status of 503/];
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const CONSTANTS = JSON.parse(await readFile(new URL("../native/qmgr-constants.json", import.meta.url), "utf8"));

for (const [device, size] of Object.entries(SIZES)) {
  test(`the lamps tell the word in hex and binary, and each is explained on focus, on a ${device}`, async (t) => {
    const { page } = await openPlayground(t);
    await page.setViewportSize(size);
    const card = await takeSample(page, "medium.bin");
    await card.open();
    const text = (level, field) => card.instrument.locator(`[data-level="${level}"] [data-field="${field}"]`).innerText();
    assert.equal(await text("group", "word"), "0x180");
    assert.equal(await text("group", "binary"), "001 1000 0000");
    assert.equal(await text("job", "binary"), "00 1000");
    assert.equal(await text("file", "binary"), "10");

    const lamps = card.instrument.locator(".lamp");
    assert.equal(await lamps.count(), 11);
    const sentence = await page.locator("#explanation").innerText();
    for (const lamp of await lamps.all()) {
      await lamp.focus();
      const { bit, lit } = await lamp.evaluate((one) => ({ ...one.dataset }));
      const explained = await page.locator("#explanation").innerText();
      assert.ok(explained.startsWith(`${bit}, 0x`), explained);
      assert.ok(explained.includes(lit === "true" ? ", set." : ", clear."), explained);
    }
    await lamps.first().focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await page.locator("#explanation").innerText(), /^QM_STATUS_GROUP_ERROR, 0x200, bit 9, clear\./);
    await page.keyboard.press("End");
    assert.match(await page.locator("#explanation").innerText(), /^QM_STATUS_GROUP_COMPLETE/);
    await card.instrument.getByRole("button", { name: "Resume", exact: true }).focus();
    assert.equal(await page.locator("#explanation").innerText(), sentence);
    await keepPicture(page, `opened-${device}`);
  });

  test(`the diagram shows the state and the transition just taken, on a ${device}`, async (t) => {
    const { page, server } = await openPlayground(t, { expected: EXPECTED });
    await page.setViewportSize(size);
    const card = await takeSample(page, "large.bin");
    await card.open();
    const here = (state) => until(`the diagram says ${state}`, async () => await page.locator(".diagram [data-here]").getAttribute("data-state") === state);
    const taken = (from, to) => page.locator(`.diagram .arrow[data-taken][data-from="${from}"][data-to="${to}"]`).waitFor();
    await here("New");
    await card.press("Resume");
    await here("Running");
    await taken("New", "Running");
    assert.match(await page.locator(".trail li").first().innerText(), /New → Running ResumeGroup$/);
    await card.press("Suspend");
    await here("Suspended");
    await taken("Running", "Suspended");
    server.file("/samples/large.bin").update({ status: 503 });
    await card.press("Resume");
    await here("Waiting");
    await taken("Running", "Waiting");
    const onward = await page.locator(".onward li").allInnerTexts();
    assert.ok(onward.includes("→ Suspended SuspendGroup"), onward.join("; "));
    await keepPicture(page, `diagram-${device}`);
    server.file("/samples/large.bin").update({ status: null, bytesPerSecond: 0 });
    await card.press("Suspend");
    await card.press("Resume");
    await here("Complete");
    assert.match(await page.getByRole("img", { name: "State diagram: the group is Complete" }).getAttribute("aria-label"), /Complete/);
  });

  test(`files show their durable ranges, and the speed is drawn, on a ${device}`, async (t) => {
    const { page, server } = await openPlayground(t);
    await page.setViewportSize(size);
    const card = await takeSample(page, "large.bin");
    await card.press("Resume");
    const pieces = page.locator("#group .pieces path");
    await until("a durable range", async () => /^M0\.0 0h\d/.test(await pieces.getAttribute("d")));
    assert.match(await page.locator(".pieces-said").innerText(), /^[\d.]+ \w+ durable in \d+ ranges?/);
    await page.locator(".chart canvas").waitFor();
    assert.match(await page.locator(".chart-said").innerText(), /^At most [\d.]+ [KM]iB\/s$/);
    await keepPicture(page, `pieces-${device}`);
    server.file("/samples/large.bin").update({ bytesPerSecond: 0 });
    await card.word("group", "0x140", 60_000);
    await until("the whole file", async () => await pieces.getAttribute("d") === "M0.0 0h1000.0v10h-1000.0z");
    assert.match(await page.locator("#group .from").innerText(), /, published$/);
  });
}

test("every state that the table has is drawn, on wide and narrow screens", async (t) => {
  const { page } = await openPlayground(t);
  const { states, arrows } = JSON.parse(await readFile(new URL("../../www/states.json", import.meta.url), "utf8"));
  for (const { width, height } of Object.values(SIZES)) {
    await page.setViewportSize({ width, height });
    await bringUp(page, "group");
    await until("the drawing", async () => await page.locator(".diagram .node").count() === states.length);
    assert.equal(await page.locator(".diagram .arrow").count(), arrows.length);
    const outside = await page.locator(".diagram svg").evaluate((drawing) => {
      const frame = drawing.getBoundingClientRect();
      return [...drawing.querySelectorAll(".node, .way")].filter((part) => {
        const box = part.getBoundingClientRect();
        return box.width > 0 && (box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom);
      }).map((part) => part.outerHTML);
    });
    assert.deepEqual(outside, []);
    const boxes = await page.locator(".diagram .node").evaluateAll((nodes) => nodes.map((node) => node.getBoundingClientRect()).map(({ left, right, top, bottom }) => [left, right, top, bottom]));
    const overlap = boxes.some(([left, right, top, bottom], index) => boxes.slice(index + 1).some((other) => left < other[1] && other[0] < right && top < other[3] && other[2] < bottom));
    assert.equal(overlap, false);
  }
});

test("with no group open the diagram tells of all groups, and of no one's way on", async (t) => {
  const { page } = await openPlayground(t);
  await page.locator(".diagram .node").first().waitFor();
  assert.equal(await page.locator(".diagram h3").innerText(), "Where a group can stand");
  assert.equal(await page.getByText("What leads on from").isVisible(), false);
  const card = await takeSample(page, "small.bin");
  await card.open();
  await page.getByText("What leads on from New").waitFor();
});

test("the job status names its figures", async (t) => {
  const { page } = await openPlayground(t, { expected: EXPECTED });
  const card = await takeSample(page, "missing.bin");
  await card.press("Resume");
  await card.word("job", "0x18");
  assert.equal(await card.text("status"), "0x18 QM_STATUS_JOB_INCOMPLETE QM_STATUS_JOB_ERROR");
  assert.equal(await card.text("win32"), "0x80190194 BG_E_HTTP_ERROR_404");
  assert.equal(await card.text("transport"), "404 Not Found");
});

test("each property can be set, and every documented refusal comes as documented", async (t) => {
  const { page } = await openPlayground(t);
  const card = await takeSample(page, "medium.bin");
  await card.open();
  const row = (name) => page.locator(`[data-property="${name}"]`);
  await row("GROUPPROP_DISPLAYNAME").getByRole("textbox").fill("Maps of Europe");
  await row("GROUPPROP_DISPLAYNAME").getByRole("button", { name: "Set" }).click();
  await until("the new name", async () => await page.getByRole("heading", { name: "Maps of Europe" }).count() === 1);
  await row("GROUPPROP_NOTIFYFLAGS").getByRole("textbox").fill("0x44");
  await row("GROUPPROP_NOTIFYFLAGS").getByRole("button", { name: "Set" }).click();
  await until("the flags", async () => await row("GROUPPROP_NOTIFYFLAGS").locator(".value").innerText() === "0x44 QM_NOTIFY_GROUP_DONE QM_NOTIFY_DISABLE_NOTIFY");

  await page.getByText("7 that the header names").click();
  const tried = [];
  for (const name of Object.keys(CONSTANTS.groupprop)) {
    const before = await row(name).locator(".value").innerText();
    for (const attempt of await row(name).locator(".try").all()) {
      const code = await attempt.locator("code").innerText();
      await attempt.click();
      await until(`${name} is refused with ${code}`, async () => (await row(name).locator(".outcome").innerText()).includes(` ${code}: `));
      tried.push(code);
    }
    assert.equal(await row(name).locator(".value").innerText(), before, "a refused value changes nothing");
  }
  assert.equal(tried.length, 20);
  await keepPicture(page, "properties");
});

test("each call of onStatus is written down, and one that answers E_FAIL is called again", async (t) => {
  const { page } = await openPlayground(t, { expected: EXPECTED });
  const card = await takeSample(page, "missing.bin");
  await card.open();
  await page.getByRole("switch", { name: "Notification pointer set" }).click();
  await page.getByRole("switch", { name: "Answer E_FAIL" }).click();
  await card.press("Resume");
  const calls = page.locator(".calls tbody tr");
  await until("two calls", async () => await calls.count() >= 2);
  const [, ...cells] = await calls.first().locator("td").allInnerTexts();
  assert.deepEqual(cells, ["0", "0x380", "0", "0x80190194", "404", "0x80004005 E_FAIL"]);
  await page.getByRole("switch", { name: "Answer E_FAIL" }).click();
  await until("an answer that ends it", async () => /S_OK$/.test(await calls.first().innerText()));
  await event(page, /missing\.bin onStatus\(0, 0x380, 0, 0x80190194, 404\) → 0x80004005 E_FAIL/);
  await keepPicture(page, "notifications");

  const small = await takeSample(page, "small.bin");
  await small.open();
  await page.getByRole("switch", { name: "Notification pointer set" }).click();
  await page.getByRole("switch", { name: /QM_NOTIFY_GROUP_DONE/ }).click();
  await event(page, /small\.bin setProp\(GROUPPROP_NOTIFYFLAGS, 0x4\) → S_OK/);
  await small.press("Resume");
  await until("the call on completion", async () => /none\s+0x140/.test(await calls.first().innerText().catch(() => "")));
  assert.deepEqual((await calls.first().locator("td").allInnerTexts()).slice(1), ["none", "0x140", "0", "0x0", "0", "0x00000000 S_OK"]);
});
