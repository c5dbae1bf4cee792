/** The record and the console, as a person uses them. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bringUp, openPlayground, ready, takeSample } from "./playground.mjs";
import { startStaticSite } from "./static-site.mjs";
import { until } from "./until.mjs";
import { keepPicture, visit } from "./visit.mjs";

const AXE = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));
const MISSING = [/status of 404/];
const PHONE = { width: 390, height: 844 };

const lines = (page) => page.locator("#log li").allTextContents();
const kindsOf = (page) => page.locator("#log li").evaluateAll((items) => [...new Set(items.map(({ dataset }) => dataset.kind))].sort());
const shown = (page) => page.locator("#record-groups li").allInnerTexts();

/** A page on which a group has been completed and another one has failed. */
async function somethingHappened(t) {
  const { page, server } = await openPlayground(t, { expected: MISSING });
  const small = await takeSample(page, "small.bin");
  await small.press("Resume");
  await small.word("group", "0x140");
  const missing = await takeSample(page, "missing.bin");
  await missing.press("Resume");
  await missing.word("group", "0x380");
  await bringUp(page, "record");
  return { page, server };
}

test("the slider shows the queue as it was at any earlier step, and goes back to live", async (t) => {
  const { page } = await somethingHappened(t);
  await until("both groups live", async () => (await shown(page)).length === 2);
  assert.match((await shown(page)).join(), /0x380[^]*error/);
  const step = page.locator("#log li", { hasText: "statuschange 0x180 → 0x080" }).last();
  await step.click();
  assert.equal(await step.getAttribute("aria-current"), "step");
  const [then, ...others] = await shown(page);
  assert.deepEqual(others, [], "the other group was not there yet");
  assert.match(then, /small\.bin\s+0x080/);
  assert.match(await page.locator("#record-when").innerText(), /^After step \d+, .*statuschange 0x180 → 0x080/);

  const slider = page.locator("#record-slider");
  await slider.focus();
  await page.keyboard.press("Home");
  assert.match(await page.locator("#record-when").innerText(), /^After step 1,/);
  await page.locator("#record-on").click();
  assert.match(await slider.getAttribute("aria-valuetext"), /^After step 2,/);
  await page.locator("#record-live").click();
  assert.match(await page.locator("#record-when").innerText(), /^Live, after step/);
  assert.equal((await shown(page)).length, 2);
});

test("whoever chooses a step sees the queue as it was, on a phone and on a desktop", async (t) => {
  const { page } = await somethingHappened(t);
  for (const size of [PHONE, { width: 1440, height: 900 }]) {
    await page.setViewportSize(size);
    await page.locator("#log li", { hasText: "resumeGroup" }).last().click();
    for (const shown of ["#record-when", "#record-groups li"]) {
      const top = await page.locator(shown).first().evaluate((part) => {
        const { left, top, height } = part.getBoundingClientRect();
        return part.contains(document.elementFromPoint(left + 20, top + height / 2));
      });
      assert.ok(top, `${shown}, ${size.width} wide`);
    }
  }
});

test("a scenario whose tabs are frames is in the record too, with the group in their queue", async (t) => {
  const { page } = await openPlayground(t);
  await bringUp(page, "laboratory");
  await page.locator(".lab-choices").getByText("Worker killed", { exact: true }).click();
  for (const [field, value] of [["size", "1"], ["pause", "0"]]) {
    await page.locator(`#lab-${field}`).fill(value);
    await page.locator(`#lab-${field}`).press("Tab");
  }
  await page.locator("#lab-play").click();
  await until("a verdict", () => page.locator("#lab-outcome").textContent(), 30_000);
  await bringUp(page, "record");
  await page.locator("#log li", { hasText: "tab 1 its worker was terminated" }).click();
  assert.match((await shown(page)).join(), /Laboratory: Worker killed\s+0x080[^]*512\.0 KiB of 1\.0 MiB/);
  const written = await lines(page);
  assert.ok(written.some((line) => /tab 2 role active/.test(line)));
  assert.ok(written.some((line) => /server GET bytes=524288- if unchanged → 206/.test(line)));
  assert.equal(written.filter((line) => /tab 1 statuschange → 0x140/.test(line)).length, 1);
});

test("the record is filtered by kind, by words and by the opened group", async (t) => {
  const { page } = await somethingHappened(t);
  const all = (await lines(page)).length;
  assert.deepEqual(await kindsOf(page), ["call", "event", "failure", "state"]);
  for (const kind of ["Events", "States", "Failures"]) await page.locator("#record").getByText(kind, { exact: true }).click();
  assert.deepEqual(await kindsOf(page), ["call"]);
  await page.locator("#record-words").fill("RESUME");
  assert.deepEqual((await lines(page)).map((line) => /(\S+) resumeGroup\(\) → S_OK$/.exec(line)?.[1]), ["missing.bin", "small.bin"]);
  await page.getByLabel("Only the opened group").check();
  assert.equal((await lines(page)).length, 1);
  await page.locator("#record-words").fill("nothing says this");
  await page.getByText("No step that the filter lets through.").waitFor();
  assert.ok(all > 8);
});

test("the record is downloaded as JSON that holds every step and the queue after it", async (t) => {
  const { page } = await somethingHappened(t);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#record-save").click()]);
  assert.match(download.suggestedFilename(), /^qmgr-record-\d{4}-\d\d-\d\dT[\d-]+\.json$/);
  const record = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.deepEqual([record.format, record.version, record.base], ["qmgr-record", 1, []]);
  assert.deepEqual(record.steps.map(({ number }) => number), record.steps.map((_, index) => index));
  const calls = record.steps.filter(({ kind }) => kind === "call").map(({ text }) => text);
  assert.ok(calls.includes("createGroup() → S_OK") && calls.includes("addFiles(1) → S_OK"));
  const complete = record.steps.find(({ text }) => text.startsWith("statuschange 0x080 → 0x140"));
  assert.deepEqual([complete.row.status, complete.row.state, complete.row.files[0].ranges], [0x140, "complete", [[0, 65_536]]]);
  assert.ok(record.steps.some(({ row }) => row?.error?.httpStatus === 404));
});

const output = (page, kind) => page.locator(`#console-output li[data-kind="${kind}"]`).allTextContents();

async function type(page, line) {
  const before = (await output(page, "value")).length + (await output(page, "failure")).length;
  await page.locator("#console-input").fill(line);
  await page.keyboard.press("Enter");
  await until(`an end of ${line}`, async () => (await output(page, "value")).length + (await output(page, "failure")).length > before);
}

for (const place of ["the scripted server", "a plain web server"]) {
  test(`the console runs the first lines of the README as they stand: ${place}`, async (t) => {
    let page;
    if (place === "the scripted server") ({ page } = await openPlayground(t));
    else {
      const site = await startStaticSite();
      page = await visit(t, site.address, { servers: [site] });
      await ready(page);
    }
    await bringUp(page, "console");
    const readme = (await readFile(new URL("../../README.md", import.meta.url), "utf8")).split("```js\n")[1].split("\n```")[0];
    const listed = await page.locator("#console-first li").allTextContents();
    const plain = (text) => text.replace(/"https?:[^"]*model\.bin"/, "URL").split("\n").filter(Boolean);
    assert.deepEqual([...plain(listed.join("\n")), "await queue.close();"], plain(readme), "but for the address");
    await page.locator("#console-run-all").click();
    await until("all of them", async () => (await output(page, "value")).length === listed.length, 30_000);
    assert.deepEqual([await output(page, "log"), await output(page, "failure")], [["80", "140", "model.bin 5242880"], []]);
    await type(page, "`${file.size} bytes, ${describeStatus(group.getStatus().status).join()}`");
    assert.equal((await output(page, "value")).at(-1), "5242880 bytes, QM_STATUS_GROUP_COMPLETE,QM_STATUS_GROUP_SUSPENDED");
    assert.match(await page.locator("#instrument").textContent(), /0x140/, "the group is opened");
  });
}

test("in the console the opened group is live, a failure has its name, and Tab completes", async (t) => {
  const { page } = await openPlayground(t);
  await takeSample(page, "large.bin");
  await bringUp(page, "console");
  await type(page, "await group.resumeGroup()");
  await type(page, "group.getStatus().status === 0x080 && job.getFileCount()");
  assert.equal((await output(page, "value")).at(-1), "1");
  await type(page, 'await queue.getGroup("00000000-0000-0000-0000-000000000000")');
  assert.match((await output(page, "failure")).at(-1), /^0x81001004 QM_E_ITEM_NOT_FOUND: /);
  await type(page, "job.cancelJob()");
  assert.match((await output(page, "failure")).at(-1), /E_NOTIMPL/);
  await type(page, "fetch('/')");
  assert.equal((await output(page, "failure")).at(-1), "ReferenceError: fetch is not known here");
  const input = page.locator("#console-input");
  await input.pressSequentially("await group.susp");
  await page.keyboard.press("Tab");
  assert.equal(await input.inputValue(), "await group.suspendGroup");
  await input.pressSequentially("()");
  await page.keyboard.press("Enter");
  await until("a suspended group", async () => /0x180/.test(await page.locator("#groups").innerText()));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.equal(await input.inputValue(), "fetch('/')");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "console-run", "the keyboard is not held");
  await bringUp(page, "record");
  assert.ok((await lines(page)).some((line) => line.includes("console await group.resumeGroup()")));
});

test("axe-core finds no barrier while a scenario plays, in the record and in the console, and nothing is cut off", async (t) => {
  const { page } = await openPlayground(t, { expected: MISSING });
  await page.evaluate(await readFile(AXE, "utf8"));
  const barriers = async () => {
    const { violations } = await page.evaluate(() => axe.run({ include: ["#laboratory", "#record", "#console"] }, { resultTypes: ["violations"] }));
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  };
  const states = {
    async "a free run"() {
      await bringUp(page, "laboratory");
      await page.locator(".lab-choices").getByText("Free run", { exact: true }).click();
      await page.locator("#fault-stall").check();
      await page.locator("#lab-play").click();
      await page.locator(".lab-window").waitFor();
    },
    async "two tabs"() {
      await bringUp(page, "laboratory");
      await page.locator(".lab-choices").getByText("Two tabs", { exact: true }).click();
      await page.locator("#lab-size").fill("1");
      await page.locator("#lab-play").click();
      await page.locator('.lab-window[data-tab="2"]').waitFor();
    },
    async "a verdict"() {
      await until("a verdict", () => page.locator("#lab-outcome").textContent(), 30_000);
    },
    async record() {
      await bringUp(page, "record");
      await page.locator("#log li").nth(3).click();
    },
    async console() {
      await bringUp(page, "console");
      await type(page, "group.getDetails()");
      await type(page, "nothing");
      await page.locator("#console-input").pressSequentially("queue.");
    },
  };
  for (const [name, reach] of Object.entries(states)) {
    await reach();
    for (const [device, size] of Object.entries({ desktop: { width: 1440, height: 900 }, phone: PHONE, narrow: { width: 360, height: 740 } })) {
      await page.setViewportSize(size);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways on a ${device}`);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        assert.deepEqual(await barriers(), [], `${name} on a ${device} in ${colorScheme}`);
        // A picture of each device and of each scheme is enough to look at.
        if ((device === "phone") === (colorScheme === "dark")) await keepPicture(page, `${name.replaceAll(" ", "-")}-${device}-${colorScheme}`);
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  }
});
