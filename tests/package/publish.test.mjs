import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, dirname } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { parse } from "acorn";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { projectWith } from "./project.mjs";

const run = promisify(execFile);
const packages = createRequire(import.meta.url);

test("publint finds nothing to say", async (t) => {
  const project = await projectWith(t, {});
  const { messages, pkg } = await publint({ pkgDir: join(project, "node_modules/qmgr"), pack: false, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test("the module names no path of the machine that built it", async (t) => {
  const project = await projectWith(t, {});
  const module = await readFile(join(project, "node_modules/qmgr/qmgr_bg.wasm"), "latin1");
  for (const path of [`${homedir()}/`, `${process.cwd()}/`, "/registry/src/"]) {
    assert.ok(!module.includes(path), path);
  }
});

test("no entry awaits before it is there, and but for qmgr/inline none starts a worker from a blob", async (t) => {
  const own = join(await projectWith(t, {}), "node_modules/qmgr");
  const modules = (await readdir(own)).filter((name) => name.endsWith(".js"));
  for (const name of modules) {
    const code = await readFile(join(own, name), "utf8");
    parse(code, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: false });
    assert.equal(code.includes("createObjectURL"), name === "inline.js", name);
  }
});

test("npm would publish it", async () => {
  const { stdout } = await run("npm", ["publish", "--dry-run", process.env.QMGR_TARBALL]);
  assert.match(stdout, /^\+ qmgr@\d+\.\d+\.\d+/m);
});

test("every way to resolve the package finds types that match", async () => {
  const attw = join(dirname(packages.resolve("@arethetypeswrong/cli/package.json")), "dist/index.js");
  const check = (...options) => run(process.execPath, [attw, process.env.QMGR_TARBALL, ...options]).catch(({ stdout, stderr }) => {
    assert.fail(`${stdout}${stderr}`);
  });
  // The others run in browsers only, and are ES modules.
  await check("--entrypoints", ".", "./inline");
  await check("--profile", "esm-only");
});
