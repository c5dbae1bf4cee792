/** The laboratory: each scenario plays through and its verdict holds, with the scripted server and in a service worker. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SCENARIOS } from "../../www/lab/scenarios.js";
import { choose, claims, DESKTOP, open, outcome, PHONE, PLACES, QUICK } from "./laboratory.mjs";
import { keepPicture } from "./visit.mjs";

for (const name of Object.keys(PLACES)) {
  test(`each scenario plays through, and what it claims holds: ${name}`, async (t) => {
    const page = await open(t, name, `?lab=cut,${QUICK}`);
    for (const [index, { id, title, verdict }] of SCENARIOS.entries()) {
      await page.setViewportSize(index % 2 === 0 ? DESKTOP : PHONE);
      await choose(page, title);
      await page.locator("#lab-play").click();
      assert.equal(await outcome(page), "All of it holds.", id);
      assert.deepEqual(await claims(page), verdict.map(() => "true"), id);
      assert.equal(await page.locator("#lab-steps li:not([data-state=done])").count(), 0, id);
      await page.emulateMedia({ colorScheme: index % 2 === 0 ? "light" : "dark" });
      await keepPicture(page, `laboratory-${id}-${name.split(" ").at(-2)}`);
    }
  });
}
