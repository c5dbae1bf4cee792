/**
 * Prints the sizes of all that a page and its worker load: `node size.mjs PACKAGE MOST`.
 * Exits with 1 when their sum in brotli is above MOST bytes.
 */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [directory, most] = [process.argv[2], Number(process.argv[3])];
const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));

/** A file named in an import or in `new URL(…, import.meta.url)`. */
const NAMED = /\b(?:from|import|import\(|new URL\()\s*(["'])(\.{1,2}\/[\w./-]+\.(?:js|wasm))\1/g;

/** Adds `name` and every file of the package that it names. */
function follow(name, loaded = new Map()) {
  if (loaded.has(name)) return loaded;
  const bytes = readFileSync(join(directory, name));
  loaded.set(name, bytes);
  if (name.endsWith(".js")) {
    for (const [, , found] of bytes.toString().matchAll(NAMED)) follow(join(dirname(name), found), loaded);
  }
  return loaded;
}

function brotli(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } });
}

const rows = [...follow(normalize(manifest.exports["."].browser))].map(([name, bytes]) => ({
  file: name,
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotli(bytes).length,
}));
const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
rows.push({ file: "sum", raw: sum("raw"), gzip: sum("gzip"), brotli: sum("brotli") });

const line = (...cells) => console.log(cells[0].padEnd(16), ...cells.slice(1).map((cell) => String(cell).padStart(9)));
line("bytes", "raw", "gzip", "brotli");
for (const { file, raw, gzip, brotli } of rows) line(file, raw, gzip, brotli);
const total = rows.at(-1).brotli;
console.log(`${total} of ${most} bytes`);
if (total > most) {
  console.error("that is too much");
  process.exit(1);
}
