/** axe-core looks for barriers: in each tab, on a desktop and a phone, in light and dark. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bringUp, openPlayground, takeSample } from "./playground.mjs";

const AXE = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));
const TABS = ["queue", "group", "files", "laboratory", "record", "console"];
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** What axe-core finds wrong, by rule and by what it finds it in. */
async function barriers(page) {
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

test("axe-core finds no barrier in any tab, in light and dark", async (t) => {
  const { page } = await openPlayground(t, { expected: [/status of 404/] });
  await page.evaluate(await readFile(AXE, "utf8"));
  const small = await takeSample(page, "small.bin");
  await small.press("Resume");
  await small.word("group", "0x140");
  const missing = await takeSample(page, "missing.bin");
  await missing.open();
  await page.getByRole("switch", { name: "Notification pointer set" }).click();
  await missing.press("Resume");
  await missing.word("group", "0x380");
  await page.locator(".calls tbody tr").first().waitFor();
  await page.getByText("7 that the header names").click();
  for (const [device, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      // Colours that are still changing are not what a person reads.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const tab of TABS) {
        await bringUp(page, tab);
        assert.deepEqual(await barriers(page), [], `${tab} on a ${device} in ${colorScheme}`);
      }
    }
  }
  await bringUp(page, "files");
  await page.locator('#files [data-file="open"]').click();
  assert.deepEqual(await barriers(page), [], "the dialog that looks into a file");
});
