/**
 * The playground as it is served: its modules, the package's and its styles joined into few files under the names that
 * the page asks for, so that a load is some fifteen requests where the sources are a hundred. Nothing is minified, and a
 * source map leads to the source; unbundled, the sources work the same.
 */
import { build } from "esbuild";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const WWW = fileURLToPath(new URL("../../www/", import.meta.url));

/** What all parts are built with. `outdir` stands for the site's root: nothing is written. */
const COMMON = { bundle: true, sourcemap: true, target: "esnext", write: false, outdir: WWW, logLevel: "error" };

/**
 * Builds everything. Resolves with the contents of each file by its path in the site.
 *
 * @param {string} pkg  the directory of the built package
 * @returns {Promise<Map<string, Uint8Array>>}
 */
export async function bundle(pkg) {
  const from = (directory, ...paths) => Object.fromEntries(paths.map((path) => [path.replace(/\.\w+$/, ""), resolve(directory, path)]));
  const parts = await Promise.all([
    build({
      ...COMMON,
      entryPoints: from(WWW, "app/main.js", "app/playground.js", "lab/tab.js"),
      format: "esm",
      // The first looks before the second is loaded.
      external: ["./playground.js", "../qmgr/*", "../vendor/*"],
    }),
    // Programs read the names of the package's classes.
    build({ ...COMMON, entryPoints: { "qmgr/index": resolve(pkg, "index.js") }, format: "esm", keepNames: true }),
    // Without imports, so that it runs where a service worker cannot be a module.
    build({ ...COMMON, entryPoints: from(WWW, "lab-worker.js"), format: "iife" }),
    build({ ...COMMON, entryPoints: from(WWW, "style/playground.css") }),
  ]);
  const files = parts.flatMap(({ outputFiles }) => outputFiles);
  return new Map(files.map(({ path, contents }) => [relative(WWW, path), contents]));
}
