/**
 * Writes a module without what only a reader needs: `node minify.mjs MODULE OUTPUT`. For generated code;
 * what is written by hand is published as it is.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages of the tests are not beside this file.
const require = createRequire(new URL("../../tests/package.json", import.meta.url));
const { minifySync } = await import(pathToFileURL(require.resolve("vite")));

const [from, to] = process.argv.slice(2);
const { code, errors } = minifySync(from, readFileSync(from, "utf8"), {
  module: true,
  mangle: { keepNames: { class: true, function: false } },
});
if (errors.length > 0) throw new Error(`${from}: ${errors[0].message}`);
writeFileSync(to, code);
