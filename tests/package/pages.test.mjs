/** The package in pages: without a bundler, under policies, with its files missing, and through Vite. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { build, createServer } from "vite";
import { assertPageDownloads, assertPageSays, openPage, SCRIPTS } from "./page.mjs";
import { projectWith } from "./project.mjs";
import { serve, writeSample } from "./sample.mjs";

/** A page without a bundler, in a folder with everything it loads. */
async function plainProject(t, { entry = "qmgr", options = "options.js" } = {}) {
  const project = await projectWith(t, { ...SCRIPTS, "options.js": options, "index.html": "import-map.html" }, { entry });
  await writeSample(project);
  return project;
}

/** A content security policy as strict as a plain page with an import map can have it, and what else it says. */
async function policyOf(project, more = "") {
  const [, map] = /<script type="importmap">(.*)<\/script>/.exec(await readFile(join(project, "index.html"), "utf8"));
  const hash = createHash("sha256").update(map).digest("base64");
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'; connect-src 'self'; img-src data:; ${more}`;
  return { "Content-Security-Policy": policy };
}

test("a plain page loads the package through an import map", async (t) => {
  await assertPageDownloads(t, await serve(t, await plainProject(t)));
});

test("a plain page loads three files of the package and no more", async (t) => {
  const project = await plainProject(t);
  const { page } = await openPage(t, await serve(t, project));
  const loaded = new Set();
  page.context().on("request", (request) => loaded.add(new URL(request.url()).pathname));
  await page.reload();
  await page.locator("output:not(:empty)").waitFor({ state: "attached" });
  const own = [...loaded].filter((path) => path.startsWith("/node_modules/")).map((path) => path.split("/").at(-1));
  assert.deepEqual(own.sort(), ["index.js", "qmgr_bg.wasm", "worker.js"]);
});

test("a page loads the package under a strict content security policy", async (t) => {
  const project = await plainProject(t);
  await assertPageDownloads(t, await serve(t, project, { headers: await policyOf(project) }));
});

test("a plain page loads qmgr/inline, also where a policy allows blob: workers", async (t) => {
  const project = await plainProject(t, { entry: "qmgr/inline" });
  await assertPageDownloads(t, await serve(t, project));
  await assertPageDownloads(t, await serve(t, project, { headers: await policyOf(project, "worker-src blob:") }));
});

test("qmgr/inline says what to do where a policy forbids blob: workers", async (t) => {
  const project = await plainProject(t, { entry: "qmgr/inline" });
  const origin = await serve(t, project, { headers: await policyOf(project) });
  await assertPageSays(t, origin, "blob:", "worker-src", 'import "qmgr"');
});

test("qmgr/slim loads what it is given, and says what it lacks", async (t) => {
  await assertPageDownloads(t, await serve(t, await plainProject(t, { entry: "qmgr/slim", options: "options/slim.js" })));
  await assertPageSays(t, await serve(t, await plainProject(t, { entry: "qmgr/slim" })), "option worker is missing", "qmgr/worker");
});

for (const [file, name] of [["qmgr_bg.wasm", "wasm"], ["worker.js", "worker"]]) {
  test(`a page that gets no ${name} says which address failed, what came and what to do`, async (t) => {
    const project = await plainProject(t);
    await rm(join(project, "node_modules/qmgr", file));
    const cure = [file, `option \`${name}\``, "optimizeDeps.exclude", "qmgr/inline"];
    const missing = await serve(t, project);
    await assertPageSays(t, missing, `${missing}/node_modules/qmgr/${file} answered 404`, ...cure);
    const html = await serve(t, project, { fallback: true });
    await assertPageSays(t, html, `${html}/node_modules/qmgr/${file} is an HTML page`, ...cure);
  });
}

test("from another origin qmgr/inline works, and qmgr says so", async (t) => {
  const network = await serve(t, await plainProject(t), { headers: { "Access-Control-Allow-Origin": "*" } });
  const served = async (entry) => {
    const project = await plainProject(t, { entry });
    const page = await readFile(join(project, "index.html"), "utf8");
    await writeFile(join(project, "index.html"), page.replaceAll('"./node_modules', `"${network}/node_modules`));
    return serve(t, project);
  };
  await assertPageDownloads(t, await served("qmgr/inline"));
  await assertPageSays(t, await served("qmgr"), "worker could not be created", `${network}/node_modules/qmgr/worker.js`, "qmgr/inline");
});

test("a page that requires Trusted Types is told to pass a worker, and may", async (t) => {
  const headers = { "Content-Security-Policy": "require-trusted-types-for 'script'" };
  await assertPageSays(t, await serve(t, await plainProject(t), { headers }), "Trusted Types", "option `worker`", "createScriptURL");
  await assertPageDownloads(t, await serve(t, await plainProject(t, { options: "options/trusted.js" }), { headers }));
});

test("Vite serves the package in development", async (t) => {
  const project = await viteProject(t);
  const server = await createServer({ root: project, configFile: false, logLevel: "error", server: { host: "127.0.0.1" } });
  await server.listen();
  t.after(() => server.close());
  await assertPageDownloads(t, server.resolvedUrls.local[0]);
});

test("Vite bundles qmgr/slim with the files that the page names", async (t) => {
  const project = await viteProject(t, { entry: "qmgr/slim", options: "options/vite.js" });
  await build({ root: project, configFile: false, logLevel: "error" });
  await assertPageDownloads(t, await serve(t, join(project, "dist")));
});

test("Vite bundles the package", async (t) => {
  const project = await viteProject(t);
  await build({ root: project, configFile: false, logLevel: "error" });
  await assertPageDownloads(t, await serve(t, join(project, "dist")));
});

async function viteProject(t, { entry = "qmgr", options = "options.js" } = {}) {
  const project = await projectWith(t, { ...SCRIPTS, "options.js": options, "index.html": "bundled.html" }, { entry });
  await mkdir(join(project, "public"));
  await writeSample(join(project, "public"));
  return project;
}
