/**
 * The playground as it is served: its modules and its styles joined into few files under the names that the page asks
 * for, so that a load is a dozen requests where the sources are eighty. Nothing is minified, and source maps lead to the
 * sources; unbundled, they work the same.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

export const WWW = fileURLToPath(new URL("../../www/", import.meta.url));

/** The first looks whether there is any use in loading the second. What is not the page's own lies beside it. */
const ELSEWHERE = /^\.\.\/(qmgr|vendor)\/|^\.\/playground\.js$/;
const STYLE = "style/playground.css";
const IMPORT = /^@import "(.+)";$/gm;

/**
 * Joins everything. Resolves with the contents of each file by its path in the site.
 *
 * @returns {Promise<Map<string, string>>}
 */
export async function bundle() {
  const scripts = await Promise.all([
    script("app/main.js", "esm"),
    script("app/playground.js", "esm"),
    script("lab/tab.js", "esm"),
    // Without imports and exports, so that it runs where a service worker cannot be a module.
    script("lab-worker.js", "iife"),
  ]);
  return new Map([...scripts.flat(), [STYLE, await style(STYLE)]]);
}

/** A module with all that it imports, and its source map. It keeps its place, as some ask for files beside themselves. */
async function script(path, format) {
  const build = await rolldown({ input: join(WWW, path), external: ELSEWHERE, makeAbsoluteExternalsRelative: false });
  const { output } = await build.generate({ dir: WWW, entryFileNames: path, format, sourcemap: true });
  await build.close();
  return output.map((file) => [file.fileName, file.code ?? file.source]);
}

/** A stylesheet with those that it imports in their places. */
async function style(path) {
  const text = await readFile(join(WWW, path), "utf8");
  const names = [...text.matchAll(IMPORT)].map(([, name]) => name);
  const parts = new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(WWW, path, "..", name), "utf8")])));
  return text.replace(IMPORT, (_, name) => parts.get(name));
}
