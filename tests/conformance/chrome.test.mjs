/** The conformance rows, against the built package in headless Chrome, with its bytes in the private file system. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PKG, visit } from "../page/visit.mjs";
import { startServer } from "../server/server.mjs";
import { contents, serve } from "./runner/served.mjs";
import { casesFor, countOf, headerConstants, story } from "./runner/table.mjs";

/** So many pages run cases side by side, each on an origin of its own: a browser opens few connections to one. */
const PAGES = 4;

const PAGE = "<!doctype html><link rel=icon href=data:,><title>rows</title>";
const FRAME = `${PAGE}<script type=module>import * as qmgr from "/pkg/index.js"; globalThis.qmgr = qmgr;</script>`;
const RUNNER = fileURLToPath(new URL("runner/", import.meta.url));
/** What the browser says of the answers that rows ask for. */
const EXPECTED = [/Failed to load resource/];

test("every row holds in headless Chrome", async (t) => {
  const cases = await casesFor("chrome");
  assert.notEqual(cases.length, 0, "there are rows");
  const left = cases.map((one, index) => ({ ...one, index }));
  const servers = await Promise.all(Array.from({ length: PAGES }, () => startServer({
    mounts: { "/pkg/": PKG, "/runner/": RUNNER },
    documents: { "/page": PAGE, "/frame": FRAME },
  })));
  const first = await visit(t, `${servers[0].origin}/page`, { expected: EXPECTED, onDisk: true, servers });
  const failures = await Promise.all(servers.map(async (server, index) => {
    const page = index === 0 ? first : await first.context().newPage();
    if (index > 0) await page.goto(`${server.origin}/page`);
    return runIn(page, server, left);
  }));
  const stories = failures.flat().map(({ index, found }) => story(cases[index], found));
  if (stories.length > 0) assert.fail(`${stories.length} cases fail:\n${stories.join("\n")}`);
  console.log(`chrome: ${countOf(cases)} rows hold, in ${cases.length} cases`);
});

/** Takes cases off the list until there are none. */
async function runIn(page, server, left) {
  await page.exposeFunction("nextCase", () => left.shift() ?? null);
  await page.exposeFunction("headerConstants", headerConstants);
  await page.exposeFunction("serve", (path, changes) => serve(server.files, path, changes));
  await page.exposeFunction("contents", (directory) => contents(server.files, directory));
  return page.evaluate(async () => (await import("/runner/page.mjs")).runAll());
}
