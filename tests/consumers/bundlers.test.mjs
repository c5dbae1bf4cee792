/** The package through the bundlers that tests/package has not: what each makes of it downloads a file in a browser. */
import assert from "node:assert/strict";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite7 from "vite";
import webpack from "webpack";
import { assertPageDownloads, assertPageSays, SCRIPTS } from "../package/page.mjs";
import { projectWith } from "../package/project.mjs";
import { serve, writeSample } from "../package/sample.mjs";

/** A project whose page is in `public` or, bundled, in `dist`. */
async function bundledProject(t, entry) {
  const project = await projectWith(t, { ...SCRIPTS, "index.html": "bundled.html" }, { entry });
  for (const name of ["public", "dist"]) {
    await mkdir(join(project, name));
    await writeSample(join(project, name));
  }
  return project;
}

/** The page of a bundler that does not write one: it loads `page.js`, which is the bundle. */
async function assertBundleDownloads(t, project) {
  await cp(join(project, "index.html"), join(project, "dist/index.html"));
  await assertPageDownloads(t, await serve(t, join(project, "dist")));
}

async function runWebpack(project) {
  const stats = await promisify(webpack)({
    mode: "production",
    context: project,
    entry: "./page.js",
    output: { path: join(project, "dist"), filename: "page.js" },
    performance: { hints: false },
  });
  assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString());
}

const onLog = (level, log) => assert.fail(`${level}: ${log.message}`);

test("webpack bundles the package, its module and its worker once each", async (t) => {
  const project = await bundledProject(t, "qmgr");
  await runWebpack(project);
  const files = await readdir(join(project, "dist"));
  assert.equal(files.filter((name) => name.endsWith(".wasm")).length, 1, files.join());
  assert.equal(files.filter((name) => name.endsWith(".js")).length, 2, files.join());
  await assertBundleDownloads(t, project);
});

test("Rollup bundles qmgr/inline", async (t) => {
  const project = await bundledProject(t, "qmgr/inline");
  const bundle = await rollup({ input: join(project, "page.js"), plugins: [nodeResolve({ browser: true })], onLog });
  await bundle.write({ file: join(project, "dist/page.js"), format: "es" });
  await assertBundleDownloads(t, project);
});

test("esbuild bundles qmgr/inline", async (t) => {
  const project = await bundledProject(t, "qmgr/inline");
  const { warnings } = await esbuild.build({
    absWorkingDir: project,
    entryPoints: ["page.js"],
    outdir: "dist",
    bundle: true,
    minify: true,
    format: "esm",
    logLevel: "silent",
  });
  assert.deepEqual(warnings, []);
  await assertBundleDownloads(t, project);
});

test("esbuild and qmgr, whose files it leaves behind: the page is told what to do", async (t) => {
  const project = await bundledProject(t, "qmgr");
  await esbuild.build({ absWorkingDir: project, entryPoints: ["page.js"], outdir: "dist", bundle: true, format: "esm", logLevel: "silent" });
  await cp(join(project, "index.html"), join(project, "dist/index.html"));
  const origin = await serve(t, join(project, "dist"));
  await assertPageSays(t, origin, `${origin}/qmgr_bg.wasm answered 404`, "esbuild", "qmgr/inline");
});

test("Vite 7 bundles the package", async (t) => {
  const project = await bundledProject(t, "qmgr");
  await vite7.build({ root: project, configFile: false, logLevel: "error" });
  await assertPageDownloads(t, await serve(t, join(project, "dist")));
});

test("Vite 7 serves qmgr/inline in development", async (t) => {
  await assertPageDownloads(t, await developed(t, "qmgr/inline"));
});

test("Vite 7 serves the package in development where it leaves it as it is", async (t) => {
  await assertPageDownloads(t, await developed(t, "qmgr", { optimizeDeps: { exclude: ["qmgr"] } }));
});

test("Vite 7 in development moves qmgr from its files: the page is told what to do", async (t) => {
  await assertPageSays(t, await developed(t, "qmgr"), "qmgr_bg.wasm", 'optimizeDeps.exclude: ["qmgr"]', "qmgr/inline");
});

/** The address of Vite 7's development server. */
async function developed(t, entry, options = {}) {
  const project = await bundledProject(t, entry);
  const server = await vite7.createServer({ root: project, configFile: false, logLevel: "error", server: { host: "127.0.0.1" }, ...options });
  await server.listen();
  t.after(() => server.close());
  return server.resolvedUrls.local[0];
}

test("a program that uses nothing of the package carries nothing of it", async (t) => {
  const project = await bundledProject(t, "qmgr");
  await writeFile(join(project, "unused.js"), 'import { QueueManager } from "qmgr";\nimport "qmgr/inline";\nconsole.log("nothing");\n');
  const bundle = await rollup({ input: join(project, "unused.js"), plugins: [nodeResolve({ browser: true })], onLog });
  const { output: [{ code }] } = await bundle.generate({ format: "es" });
  assert.equal(code, 'console.log("nothing");\n');
});
