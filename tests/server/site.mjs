#!/usr/bin/env node
/**
 * What the playground is made of: directories of this repository by the path they are served under, and some files in
 * place of theirs (`bundle.mjs`). `node tests/server/site.mjs --out DIR` copies all of it into one directory, for any web
 * server.
 */
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle, WWW } from "./bundle.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The built package, as `cargo xtask build` leaves it. */
export const PKG = here("../../pkg/");

/** Of each library's `dist`, the files that the page loads. */
const LIBRARIES = { acorn: ["acorn.js"], uplot: ["uPlot.esm.js", "uPlot.min.css"] };
const inModules = (path) => here(`../node_modules/${path}`);

/** Directories by path, for the server's `mounts`. */
export function siteMounts(pkg = PKG, base = "/") {
  const vendor = Object.keys(LIBRARIES).map((name) => [`${base}vendor/${name}/`, inModules(`${name}/dist/`)]);
  return { [base]: WWW, [`${base}qmgr/`]: pkg, ...Object.fromEntries(vendor) };
}

/** Copies the whole site into a directory of its own. An earlier site there goes; anything else there is left alone, by an error. */
export async function assembleSite(out, pkg = PKG) {
  const there = await readdir(out).catch(() => []);
  if (there.length > 0 && !there.includes("states.json")) throw new Error(`${out} holds something else: choose an empty directory`);
  await rm(out, { recursive: true, force: true });
  const loaded = Object.values(LIBRARIES).flat();
  for (const [base, directory] of Object.entries(siteMounts(pkg, ""))) {
    const filter = base.startsWith("vendor/") ? (path) => path === directory || loaded.includes(basename(path)) : () => true;
    await cp(directory, join(out, base), { recursive: true, filter });
  }
  for (const [path, contents] of await bundle()) {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeFile(join(out, path), contents);
  }
  for (const name of Object.keys(LIBRARIES)) await cp(inModules(`${name}/LICENSE`), join(out, `vendor/${name}/LICENSE`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: "string" } } });
  try {
    await assembleSite(values.out);
    console.log(`The site is in ${values.out}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
