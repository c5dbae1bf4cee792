#!/usr/bin/env node
/**
 * What the playground is made of: directories of this repository by the path they are served under. Programs serve them
 * as they lie; `node tests/server/site.mjs --out DIR` copies them into one directory, for any web server.
 */
import { cp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The built package, as `cargo xtask build` leaves it. */
export const PKG = here("../../pkg/");

/** Of a library's directory, the files that the page loads, and its licence. */
const UPLOT = ["uPlot.esm.js", "uPlot.min.css"];

/** Directories by path, for the server's `mounts`. */
export function siteMounts(pkg = PKG, base = "/") {
  return {
    [base]: here("../../www/"),
    [`${base}qmgr/`]: pkg,
    [`${base}vendor/uplot/`]: here("../node_modules/uplot/dist/"),
  };
}

/** Copies the whole site into a directory of its own; what was there before goes. */
export async function assembleSite(out, pkg = PKG) {
  await rm(out, { recursive: true, force: true });
  for (const [base, directory] of Object.entries(siteMounts(pkg, ""))) {
    const filter = base.startsWith("vendor/") ? (path) => path === directory || UPLOT.includes(basename(path)) : () => true;
    await cp(directory, join(out, base), { recursive: true, filter });
  }
  await cp(here("../node_modules/uplot/LICENSE"), join(out, "vendor/uplot/LICENSE"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: "string" } } });
  await assembleSite(values.out);
  console.log(`The site is in ${values.out}`);
}
