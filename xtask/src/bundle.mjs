/**
 * Makes the package's JavaScript of its sources: `node bundle.mjs SOURCES PACKAGE`. Each entry becomes one file, since a
 * page pays for every request; what pages load is minified, with a source map that only a debugger asks for.
 */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

// The packages of the tests are not beside this file.
const require = createRequire(new URL("../../tests/package.json", import.meta.url));
const { rolldown } = await import(pathToFileURL(require.resolve("rolldown")));

const [sources, directory] = process.argv.slice(2);

/** Names that a reader meets on the console stay: those of classes. */
const MINIFY = { compress: true, mangle: { keepNames: { class: true, function: false } } };

async function bundle(entry, { platform = "browser", plugins = [], ...output }) {
  const build = await rolldown({ input: join(sources, entry), cwd: sources, platform, plugins, onLog });
  const { output: [{ code, map }] } = await build.generate({
    file: entry,
    comments: false,
    // The map names the sources as the package's, wherever they were built.
    sourcemapPathTransform: (path) => path.replace(/^.*?sources\//, "qmgr/"),
    ...output,
  });
  await build.close();
  return { code: plainQuotes(code), map };
}

/** Whatever the bundler has to say is a mistake of ours. */
function onLog(level, log) {
  throw new Error(`${level}: ${log.message}`);
}

/** The minifier writes short texts in backticks; not every bundler finds a file that is named so. */
function plainQuotes(code) {
  return code.replace(/new URL\(`([^`$]+)`,import\.meta\.url\)/g, 'new URL("$1",import.meta.url)');
}

async function write(file, { code, map }) {
  if (map) await writeFile(join(directory, `${file}.map`), JSON.stringify(map));
  await writeFile(join(directory, file), code);
}

/** What `qmgr/inline` carries; a worker gets the compiled module from its page, so one copy of it is enough. */
function carried(worker) {
  const name = "qmgr:carried";
  return {
    name,
    resolveId: (id) => (id === name ? { id: name } : undefined),
    async load(id) {
      if (id !== name) return undefined;
      const module = gzipSync(await readFile(join(sources, "qmgr_bg.wasm")), { level: 9 });
      return `export const wasm = "${module.toString("base64")}"; export const worker = ${JSON.stringify(worker.code)};`;
    },
  };
}

/**
 * Empties the classes of the page in the worker's glue. The module names them among its imports, so that no bundler sees
 * that no engine makes one of them.
 */
const lean = {
  name: "qmgr:lean",
  transform(code, id) {
    if (!id.endsWith("/qmgr.js")) return undefined;
    // As many lines as before, for the source map.
    const lines = (text) => text.replace(/[^\n]+/g, "");
    const emptied = code.replace(
      /^export class (Group|GuidEnumerator|Job|Session) \{(\n[^]*?^)\}$/gm,
      (_, name, members) => `export class ${name} {${lines(members)}}`,
    );
    if (emptied.split(/^export class \w+ \{\n+\}$/m).length !== 5) throw new Error("the glue lacks a class of the page");
    return { code: emptied, map: null };
  },
};

for (const entry of ["index.js", "slim.js"]) {
  await write(entry, await bundle(entry, { format: "esm", minify: MINIFY, sourcemap: true }));
}
await write("worker.js", await bundle("worker.js", { format: "esm", minify: MINIFY, sourcemap: true, plugins: [lean] }));
const worker = await bundle("worker.js", { format: "esm", minify: MINIFY, plugins: [lean] });
await write("inline.js", await bundle("inline.js", { format: "esm", minify: MINIFY, plugins: [carried(worker)] }));

// A service worker is a module or a classic script, for which the exports are members of `qmgr`.
await write("service-worker.js", await bundle("service-worker.js", { format: "esm", minify: MINIFY }));
await write("service-worker.classic.js", await bundle("service-worker.js", { format: "iife", name: "qmgr", minify: MINIFY }));

await write("node.cjs", await bundle("node.js", { format: "cjs", platform: "node" }));
await write("node.js", { code: '// One package, whether it is imported or required.\nexport * from "./node.cjs";\n' });
