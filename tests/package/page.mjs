/** Pages that download the sample and report what came of it. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { complaintsOf, launchBrowser } from "../browser-launch.mjs";
import { assertDownloaded } from "./sample.mjs";

/** The scripts of such a page; `index.html` says how they are loaded. */
export const SCRIPTS = { "download.js": "download.js", "options.js": "options.js", "page.js": "page.js" };

let browser;
before(async () => { browser = await launchBrowser(); });
after(() => browser?.close());

/** Opens a page with storage of its own. */
export async function openPage(t, url) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  page.on("console", (message) => message.type() === "warning" && complaints.push(message.text()));
  await page.goto(url);
  return { page, complaints };
}

/** Opens a page and waits for its report: what it downloaded, or the text of the error. */
async function reportOf(t, url) {
  const { page, complaints } = await openPage(t, url);
  const report = page.locator("output:not(:empty)");
  try {
    await report.waitFor({ state: "attached", timeout: 30_000 });
  } catch (error) {
    throw new Error(`the page reports nothing; its console: ${complaints.join("\n")}`, { cause: error });
  }
  return { report: JSON.parse(await report.textContent()), complaints };
}

/** The page has downloaded the sample, and nothing has complained. */
export async function assertPageDownloads(t, url) {
  const { report, complaints } = await reportOf(t, url);
  assertDownloaded(report, "opfs");
  assert.deepEqual(complaints, []);
}

/** The page could not, and its error says all of this. */
export async function assertPageSays(t, url, ...words) {
  const { report } = await reportOf(t, url);
  assert.equal(typeof report, "string", JSON.stringify(report));
  for (const word of words) assert.ok(report.includes(word), `${report} lacks ${word}`);
}
