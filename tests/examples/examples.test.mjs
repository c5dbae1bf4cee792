/** The programs in `examples/`, each with the packed package, as its own README says. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sirv from "sirv";
import { build, createServer } from "vite";
import { startServer } from "../server/server.mjs";
import { assertShows, makeFilm } from "../page/film.mjs";
import { openPage } from "../package/page.mjs";
import { projectWith } from "../package/project.mjs";
import { serve } from "../package/sample.mjs";
import { until } from "../page/until.mjs";

const run = promisify(execFile);
const MIB = 1 << 20;
const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
const packages = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** A project that has the package and is the example. */
async function projectOf(t, name) {
  const project = await projectWith(t, {});
  await cp(join(examples, name), project, { recursive: true });
  return project;
}

/** A server with one file, whose address pages of another origin may read. */
async function fileServer(t, script) {
  const server = await startServer({ files: { "/file.bin": { cors: { expose: ["ETag", "Content-Range"] }, ...script } } });
  t.after(() => server.close());
  return { url: `${server.origin}/file.bin`, requests: () => server.log.gets("/file.bin") };
}

const says = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor({ timeout: 30_000 });

test("model: is paused, resumed, goes on after a reload, and is not fetched again", async (t) => {
  const project = await projectOf(t, "model");
  const { url, requests } = await fileServer(t, { size: 8 * MIB, bytesPerSecond: 2 * MIB });
  const { page, complaints } = await openPage(t, `${await serve(t, project)}/?model=${url}`);
  const button = page.getByRole("button");
  const fetched = async () => Number(/(\d+) of/.exec(await page.getByRole("status").textContent())?.[1] ?? 0);

  await says(page, `of ${8 * MIB} bytes`);
  await button.filter({ hasText: "Pause" }).click();
  await says(page, /^paused/);
  await button.filter({ hasText: "Resume" }).click();
  await says(page, /MB\/s/);
  await until("3 MiB", async () => await fetched() >= 3 * MIB);
  await page.reload();
  await says(page, `here: model.bin, ${8 * MIB} bytes`);
  assert.equal(requests().length, 3);
  assert.match(requests().at(-1).range, /^bytes=[1-9]/);
  await page.reload();
  await says(page, `here: model.bin, ${8 * MIB} bytes`);
  assert.equal(requests().length, 3);
  assert.deepEqual(complaints, []);
});

test("model: a file that is not there is named", async (t) => {
  const project = await projectOf(t, "model");
  const { page } = await openPage(t, `${await serve(t, project)}/?model=missing.bin`);
  await says(page, "failed: the server answered 404");
});

test("offline-video: a film is sought in while it is fetched, and plays without a network", async (t) => {
  const project = await projectOf(t, "offline-video");
  const server = createHttpServer(sirv(project, { dev: true })).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => stop(server));
  const origin = `http://127.0.0.1:${server.address().port}/`;
  const { page } = await openPage(t, `${origin}main.js`);
  await writeFile(join(project, "film.webm"), await makeFilm(page, { seconds: 6, gap: (second) => second < 2 ? 0 : 200_000 }));
  await page.goto(origin);
  await says(page, "plays without a network");
  await assertShows(page, 4);

  await stop(server);
  await page.reload();
  await says(page, "plays without a network");
  await assertShows(page, 2);
});

async function stop(server) {
  server.close();
  server.closeAllConnections();
}

for (const mode of ["development", "production"]) {
  test(`react: the component follows the group (${mode})`, async (t) => {
    const project = await projectOf(t, "react");
    for (const name of ["react", "react-dom", "scheduler"]) await symlink(join(packages, name), join(project, "node_modules", name));
    const { url } = await fileServer(t, { size: 4 * MIB, bytesPerSecond: 4 * MIB });
    const { page, complaints } = await openPage(t, `${await served(t, project, mode)}?file=${url}`);
    await says(page, "new");
    await page.getByRole("button", { name: "Start" }).click();
    await says(page, "transferring");
    await page.getByRole("button", { name: "Pause" }).click();
    await says(page, "suspended");
    await page.getByRole("button", { name: "Start" }).click();
    await says(page, "complete");
    assert.equal(await page.locator("output").textContent(), String(4 * MIB));
    assert.equal(await page.locator("progress").evaluate((bar) => bar.value / bar.max), 1);
    assert.deepEqual(complaints, []);
  });
}

/** The address under which Vite serves a project, or a server what Vite makes of it. */
async function served(t, project, mode) {
  const common = { root: project, configFile: false, logLevel: "error" };
  if (mode === "production") {
    await mkdir(join(project, "dist"), { recursive: true });
    await build(common);
    return `${await serve(t, join(project, "dist"))}/`;
  }
  const server = await createServer({ ...common, server: { host: "127.0.0.1" } });
  t.after(() => server.close());
  await server.listen();
  return server.resolvedUrls.local[0];
}

test("unit-test: its tests pass", async (t) => {
  const project = await projectWith(t, {});
  for (const name of ["models.js", "models.test.js"]) await cp(join(examples, "unit-test", name), join(project, name));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap"], { cwd: project, env });
  assert.match(stdout, /^# pass 4$/m);
  assert.match(stdout, /^# fail 0$/m);
});
