/** The first program of each README, pasted as it stands: it downloads a file. Only the address is another. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "vite";
import { openPage } from "./page.mjs";
import { outputOf, projectWith } from "./project.mjs";
import { serve, writeSample } from "./sample.mjs";

const ADDRESS = "https://example.com/model.bin";
const READMES = { "the repository's README": new URL("../../README.md", import.meta.url), "the package's README": new URL("../../pkg-template/README.md", import.meta.url) };

/** What the program prints last. */
const REPORT = "model.bin 3000000";

/** The first program of a README, with `address` for the one in it. */
async function programOf(readme, address) {
  const [, program] = /```js\n(.*?)```/s.exec(await readFile(readme, "utf8"));
  assert.ok(program.includes(ADDRESS));
  return program.replace(ADDRESS, address);
}

/** A page that runs the program prints its report, and complains of nothing. */
async function assertReports(t, url) {
  const { page, complaints } = await openPage(t, "about:blank");
  const report = page.waitForEvent("console", { predicate: (message) => message.text() === REPORT, timeout: 30_000 });
  await page.goto(url);
  await report.catch((error) => assert.fail(`${error.message}: ${complaints.join("\n")}`));
  assert.deepEqual(complaints, []);
}

for (const [name, readme] of Object.entries(READMES)) {
  test(`the first program of ${name} runs in Node.js`, async (t) => {
    const project = await projectWith(t, {});
    await writeSample(project);
    const origin = await serve(t, project);
    await writeFile(join(project, "program.js"), await programOf(readme, `${origin}/sample.bin`));
    assert.match(await outputOf(project, "program.js"), new RegExp(`^${REPORT}$`, "m"));
  });

  test(`the first program of ${name}, pasted into a plain HTML file, downloads a file`, async (t) => {
    const project = await projectWith(t, {});
    await writeSample(project);
    const origin = await serve(t, project);
    const page = `<!doctype html>
      <link rel="icon" href="data:,">
      <script type="importmap">{ "imports": { "qmgr": "./node_modules/qmgr/index.js" } }</script>
      <script type="module">${await programOf(readme, `${origin}/sample.bin`)}</script>`;
    await writeFile(join(project, "index.html"), page);
    await assertReports(t, origin);
  });

  test(`the first program of ${name}, pasted into an empty Vite project, downloads a file`, async (t) => {
    const project = await projectWith(t, {});
    await mkdir(join(project, "public"));
    await writeSample(join(project, "public"));
    const server = await createServer({ root: project, configFile: false, logLevel: "error", server: { host: "127.0.0.1" } });
    t.after(() => server.close());
    await server.listen();
    const [url] = server.resolvedUrls.local;
    await writeFile(join(project, "main.js"), await programOf(readme, `${url}sample.bin`));
    await writeFile(join(project, "index.html"), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>');
    await assertReports(t, url);
  });
}
