import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { projectWith } from "./project.mjs";

const run = promisify(execFile);
const packages = createRequire(import.meta.url);

/** What a program's tsconfig.json says besides; each kind of resolution goes with its kind of modules. */
const RESOLUTIONS = { node16: "node16", nodenext: "nodenext", bundler: "esnext" };
const COMPILERS = ["typescript", "typescript-5"];

test("programs in TypeScript agree with the package's types, and those with the contract", { concurrency: 2 }, async (t) => {
  const programs = ["program.ts", "mistakes.ts", "contract.ts", "entries.ts", "required.cts"];
  const project = await projectWith(t, { ...Object.fromEntries(programs.map((name) => [name, `types/${name}`])), contract: "../contract" });
  await Promise.all(Object.entries(RESOLUTIONS).flatMap(([moduleResolution, module]) => COMPILERS.map((compiler) => {
    return t.test(`${compiler}, moduleResolution ${moduleResolution}`, () => check(project, compiler, { module, moduleResolution }));
  })));
});

test("no type of the package is any, and every entry has types", async (t) => {
  const project = await projectWith(t, {});
  const own = join(project, "node_modules/qmgr");
  const types = (await readdir(own)).filter((name) => /\.d\.c?ts$/.test(name));
  for (const name of types) {
    const code = (await readFile(join(own, name), "utf8")).replace(/\/\*.*?\*\/|\/\/.*$/gms, "");
    assert.doesNotMatch(code, /\bany\b/, name);
  }
  const { exports } = JSON.parse(await readFile(join(own, "package.json"), "utf8"));
  for (const [entry, conditions] of Object.entries(exports)) {
    if (entry !== "./package.json") assert.equal(Object.keys(conditions)[0], "types", entry);
  }
});

async function check(project, compiler, options) {
  const compilerOptions = {
    ...options,
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  const config = join(project, `tsconfig.${compiler}.${options.moduleResolution}.json`);
  await writeFile(config, JSON.stringify({ compilerOptions, include: ["*.ts", ...(options.moduleResolution === "bundler" ? [] : ["*.cts"])] }));
  const tsc = join(dirname(packages.resolve(`${compiler}/package.json`)), "bin/tsc");
  try {
    await run(process.execPath, [tsc, "--project", config]);
  } catch (error) {
    throw new Error(`${error.stdout}${error.stderr}`);
  }
}
