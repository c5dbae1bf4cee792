import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build, createServer } from "vite";
import { complaintsOf, launchBrowser } from "../browser-launch.mjs";
import { projectWith } from "./project.mjs";
import { assertDownloaded, serve, writeSample } from "./sample.mjs";

const SCRIPTS = { "download.js": "download.js", "page.js": "page.js" };

let browser;
before(async () => { browser = await launchBrowser(); });
after(() => browser?.close());

test("a plain page loads the package through an import map", async (t) => {
  const project = await projectWith(t, { ...SCRIPTS, "index.html": "import-map.html" });
  await writeSample(project);
  await assertPageDownloads(t, await serve(t, project));
});

test("a page loads the package under a strict content security policy", async (t) => {
  const project = await projectWith(t, { ...SCRIPTS, "index.html": "import-map.html" });
  await writeSample(project);
  const [, map] = /<script type="importmap">(.*)<\/script>/.exec(await readFile(join(project, "index.html"), "utf8"));
  const hash = createHash("sha256").update(map).digest("base64");
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'; connect-src 'self'; img-src data:`;
  await assertPageDownloads(t, await serve(t, project, { "Content-Security-Policy": policy }));
});

test("Vite serves the package in development", async (t) => {
  const project = await viteProject(t);
  const server = await createServer({ root: project, configFile: false, logLevel: "error", server: { host: "127.0.0.1" } });
  await server.listen();
  t.after(() => server.close());
  await assertPageDownloads(t, server.resolvedUrls.local[0]);
});

test("Vite bundles the package", async (t) => {
  const project = await viteProject(t);
  await build({ root: project, configFile: false, logLevel: "error" });
  await assertPageDownloads(t, await serve(t, join(project, "dist")));
});

async function viteProject(t) {
  const project = await projectWith(t, { ...SCRIPTS, "index.html": "bundled.html" });
  await mkdir(join(project, "public"));
  await writeSample(join(project, "public"));
  return project;
}

/** Opens a page with storage of its own and waits for its report. */
async function assertPageDownloads(t, url) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(url);
  const report = page.locator("output:not(:empty)");
  try {
    await report.waitFor({ state: "attached", timeout: 20_000 });
  } catch (error) {
    throw new Error(`the page reports nothing; its console: ${complaints.join("\n")}`, { cause: error });
  }
  assertDownloaded(JSON.parse(await report.textContent()), "opfs");
  assert.deepEqual(complaints, []);
}
