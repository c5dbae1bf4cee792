/**
 * Writes a module and all that it imports as one classic script, whose exports are the members of a global object:
 * `node classic.mjs MODULE SCRIPT GLOBAL`.
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

// The packages of the tests are not beside this file.
const require = createRequire(new URL("../../tests/package.json", import.meta.url));
const { build } = await import(pathToFileURL(require.resolve("vite")));

const [from, to, name] = process.argv.slice(2);
const [{ output }] = await build({
  configFile: false,
  logLevel: "warn",
  publicDir: false,
  build: { write: false, minify: false, target: "es2022", lib: { entry: resolve(from), formats: ["iife"], name } },
});
writeFileSync(to, output[0].code);
