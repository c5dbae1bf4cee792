/**
 * Five hundred groups. How long a task takes is the machine's to say (`node tests/page/smooth.mjs` measures it); what
 * the page does for each change is its own, and is counted here.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUPS, fillQueue } from "./many-groups.mjs";
import { openPlayground } from "./playground.mjs";
import { until } from "./until.mjs";

/** In the page: gathers which rows are touched from now on. */
function watchRows() {
  globalThis.touched = new Set();
  new MutationObserver((records) => {
    for (const { target } of records) {
      const row = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target).closest("[data-group-id]");
      if (row) globalThis.touched.add(row.dataset.groupId);
    }
  }).observe(document.querySelector("#groups"), { subtree: true, childList: true, characterData: true, attributes: true });
}

const touched = (page) => page.evaluate(() => {
  const count = globalThis.touched.size;
  globalThis.touched.clear();
  return count;
});

test("with 500 groups the page draws what is seen, and touches what has changed", async (t) => {
  const { page, server } = await openPlayground(t);
  for (let index = 0; index < GROUPS; index += 1) server.put(`/many/${index}.bin`, { size: 1000 });
  await fillQueue(page, server.origin);
  await until("all rows", async () => await page.locator("#group-count").innerText() === String(GROUPS));
  const { nodes, skipped } = await page.locator("#groups").evaluate((list) => ({
    nodes: list.querySelectorAll("*").length / list.childElementCount,
    skipped: [...list.children].filter((row) => !row.firstElementChild.checkVisibility({ contentVisibilityAuto: true })).length,
  }));
  assert.ok(nodes <= 24, `${nodes} elements in a row`);
  assert.ok(skipped > GROUPS * 0.9, `${skipped} rows are not drawn`);

  await page.evaluate(watchRows);
  const first = page.locator("#groups > li").first();
  await first.locator("[data-row=toggle]").click();
  await until("it is complete", async () => await first.locator("[data-field=word]").textContent() === "0x140");
  assert.equal(await touched(page), 1, "one group changed");

  await page.getByLabel("Search the groups").fill("group 499");
  assert.equal(await page.locator("#groups > :not([hidden])").count(), 1);
  assert.equal(await touched(page), GROUPS - 1);
  await page.getByLabel("Search the groups").fill("group 49");
  assert.equal(await page.locator("#groups > :not([hidden])").count(), 11);
  assert.equal(await touched(page), 10, "a search touches the rows that come or go");
});
