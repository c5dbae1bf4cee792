/** Unit tests of applications: the runners load the package, and the queue in memory works within them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { projectWith } from "../package/project.mjs";

const run = promisify(execFile);
const program = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));
const unit = new URL("programs/unit.test.js", import.meta.url);

/** Runs a runner in the project; the one test in it has to pass. */
async function assertPasses(project, name, args, { env = {}, said }) {
  const options = { cwd: project, env: { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: "1", ...env }, timeout: 120_000 };
  const { stdout, stderr } = await run(process.execPath, [program(name), ...args], options).catch((error) => {
    throw new Error(`${error.stdout}${error.stderr}`);
  });
  assert.match(stdout + stderr, said);
}

test("Vitest", async (t) => {
  const project = await projectWith(t, {});
  await writeFile(join(project, "unit.test.js"), await readFile(unit));
  await assertPasses(project, "vitest", ["run", "--globals", "--no-file-parallelism"], { said: /Tests {2}1 passed/ });
});

test("Jest, with ES modules", async (t) => {
  const project = await projectWith(t, {});
  await writeFile(join(project, "unit.test.js"), await readFile(unit));
  const modules = { NODE_OPTIONS: "--experimental-vm-modules" };
  await assertPasses(project, "jest", ["--ci", "--runInBand", "--transform={}"], { env: modules, said: /Tests: +1 passed, 1 total/ });
});

test("Jest as it comes, with require", async (t) => {
  const project = await projectWith(t, {});
  const text = (await readFile(unit, "utf8")).replace(/import (.*) from (".*");/, "const $1 = require($2);");
  await writeFile(join(project, "unit.test.cjs"), text);
  await assertPasses(project, "jest", ["--ci", "--runInBand", "--testMatch=**/*.test.cjs"], { said: /Tests: +1 passed, 1 total/ });
});
