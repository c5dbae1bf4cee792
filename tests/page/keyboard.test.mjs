import assert from "node:assert/strict";
import { test } from "node:test";
import { cardOf, openPlayground, takeSample } from "./playground.mjs";
import { until } from "./until.mjs";

/** Presses Tab until a control with such a name has the focus. */
async function tabTo(page, name) {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = await focus(page);
    if (name.test(focused.name)) {
      assert.ok(focused.visible, `the focus on ${focused.name} can be seen`);
      return;
    }
  }
  assert.fail(`Tab never came to ${name}`);
}

function focus(page) {
  return page.evaluate(() => {
    const part = document.activeElement;
    const style = getComputedStyle(part);
    return {
      name: part.getAttribute("aria-label") ?? part.labels?.[0]?.textContent.trim() ?? part.textContent.trim(),
      visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
  });
}

test("a group is made, run, stopped and cancelled by keyboard alone", async (t) => {
  const { page } = await openPlayground(t);
  await tabTo(page, /^Sample 64 MiB/);
  await page.keyboard.press("Enter");
  const card = cardOf(page, "large.bin");
  await card.word("group", "0x180");

  await tabTo(page, /^Resume$/);
  await page.keyboard.press("Space");
  await card.word("group", "0x080");
  await card.percent(1);
  assert.equal((await focus(page)).name, "Resume", "the focus stays where it was");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await card.word("group", "0x180");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await card.word("group", "0x580");

  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  assert.equal((await focus(page)).name, "Keep it", "the safe answer has the focus");
  await page.keyboard.press("Escape");
  await until("the focus is back", async () => (await focus(page)).name === "Cancel");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await card.gone();
  await until("the focus is in the list", () => page.evaluate(() => document.activeElement.id === "groups"));
});

test("every control has a name, and every lamp says whether it is set", async (t) => {
  const { page } = await openPlayground(t);
  await page.locator('[data-sample="small.bin"]').click();
  const card = cardOf(page, "small.bin");
  await card.word("group", "0x180");
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, textarea, progress, meter")]
    .filter((part) => !(part.getAttribute("aria-label") ?? part.labels?.[0]?.textContent ?? "").trim() && !part.textContent.trim())
    .map((part) => part.outerHTML));
  assert.deepEqual(nameless, []);
  const lamp = card.instrument.getByRole("button", { name: "QM_STATUS_GROUP_SUSPENDED 0x100, set" });
  assert.equal(await lamp.count(), 1);
});

test("tabs, lamps and rows are walked by the arrow and Tab keys", async (t) => {
  const { page } = await openPlayground(t);
  await page.setViewportSize({ width: 1440, height: 900 });
  await takeSample(page, "small.bin");
  await takeSample(page, "medium.bin");
  await page.locator("#tab-group").focus();
  for (const tab of ["files", "laboratory", "record", "console", "group"]) {
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.tab), tab);
    assert.equal(await page.locator("[role=tabpanel]:not([hidden])").count(), 1);
    assert.equal(await page.locator(`#tab-${tab}`).getAttribute("aria-selected"), "true");
  }
  await page.locator("#search").focus();
  await tabTo(page, /^small\.bin$/);
  await page.keyboard.press("Enter");
  await until("small.bin is open", async () => await page.locator("#instrument h2").innerText() === "small.bin");
  await tabTo(page, /^Resume small\.bin$/);
  await page.keyboard.press("Enter");
  await cardOf(page, "small.bin").word("group", "0x140");
});
