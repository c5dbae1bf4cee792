/**
 * Prints what a module's bytes are for: `node rooms.mjs MODULE BUDGET`, of a module that still names its functions. A
 * room's brotli is by how much less the module would be without it: what rooms have in common counts for none of them,
 * so the rows add up to less than the whole. Below them, the same for all rooms of this crate's rules, driver and binding
 * together, marked with a star, against the budget in bytes.
 */
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { ModuleReader, SECTION } from "./module-reader.mjs";

const module = readFileSync(process.argv[2]);
const budget = Number(process.argv[3]);

/** Marks a room that is nothing but what the queue does. */
const OWN = "* ";

/** The first that fits a function's name has it. */
const ROOMS = [
  [`${OWN}async functions of driver`, /^<?qmgr::driver.*\{closure/],
  [`${OWN}async functions of binding`, /^<?qmgr::binding.*\{closure/],
  ["ordered", /qmgr::ordered/],
  ["serde, postcard", /serde_core|Serialize|Deserialize|postcard/],
  ["serde-wasm-bindgen", /serde_wasm_bindgen/],
  ["dropping", /drop_in_place|drop_glue/],
  ["allocator", /rlsf|dlmalloc|__r(?:ust|dl|g)_/],
  ["base64ct", /base64ct/],
  ["fluent-uri", /fluent_uri/],
  ["sha2", /sha2|digest/],
  ["uuid", /uuid/],
  ["futures", /futures_(?:util|channel|core)/],
  ["wasm-bindgen, js-sys, web-sys", /wasm_bindgen|js_sys|web_sys/],
  [`${OWN}queue`, /^<*qmgr::queue/],
  [`${OWN}driver`, /^<*qmgr::driver/],
  [`${OWN}binding`, /^<*qmgr::binding/],
  [`${OWN}mirror`, /^<*qmgr::mirror/],
  [`${OWN}http`, /^<*qmgr::http/],
  [`${OWN}abi`, /^<*qmgr::abi/],
  [`${OWN}other rooms`, /^<*qmgr::/],
  ["printing, texts, numbers", /^<?(?:&?(?:core|alloc)::(?:fmt|num|str|unicode|net|char)|str|char|u\d|i\d)|core::fmt/],
  ["core, alloc, std", /^<?(?:core|alloc|std)\b|^<\[/],
  ["other", /(?:)/],
];

const reader = new ModuleReader(module);

const functions = [];
let names = new Map();
const sections = new Map();
let imported = 0;
for (const { id, start, end } of reader.sections()) {
  if (id === SECTION.imports) imported = reader.imports();
  if (id === SECTION.code) {
    const count = reader.number();
    for (let index = imported; index < imported + count; index++) {
      const start = reader.at;
      reader.counted();
      functions.push({ index, start, end: reader.at });
    }
  }
  if (id === SECTION.names) names = new Map([...names, ...reader.names(end)]);
  sections.set(id, { start, end });
}
if (names.size === 0) throw new Error("the module does not name its functions");

/** The module without its names and without some of its bytes, compressed. */
function brotli(without) {
  const kept = [];
  let from = 0;
  for (const { start, end } of [...without, sections.get(SECTION.names)].sort((a, b) => a.start - b.start)) {
    kept.push(module.subarray(from, start));
    from = end;
  }
  kept.push(module.subarray(from));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return brotliCompressSync(Buffer.concat(kept), { params }).length;
}

const rooms = new Map(ROOMS.map(([room]) => [room, []]));
for (const of of functions) {
  const name = names.get(of.index) ?? "";
  rooms.get(ROOMS.find(([, pattern]) => pattern.test(name))[0]).push(of);
}
const named = (name) => [sections.get(SECTION[name])];
rooms.set("data: texts, tables", named("data"));
rooms.set("imports and exports", [...named("imports"), ...named("exports")]);
rooms.set("types and places of functions", [...named("types"), ...named("elements")]);

const whole = brotli([]);
const row = (room, bytes) => ({
  room,
  raw: bytes.reduce((sum, { start, end }) => sum + end - start, 0),
  brotli: whole - brotli(bytes),
});
const rows = [...rooms].map(([room, bytes]) => row(room, bytes));
rows.sort((a, b) => b.brotli - a.brotli);
const own = row("all with a star", [...rooms].flatMap(([room, bytes]) => (room.startsWith(OWN) ? bytes : [])));
const line = (room, ...cells) => console.log(room.padEnd(32), ...cells.map((cell) => String(cell).padStart(9)));
line("bytes of the module", "raw", "brotli");
for (const { room, raw, brotli } of [...rows, own]) line(room, raw, brotli);
console.log(`The rules, the driver and the binding alone are ${own.brotli} bytes, of ${budget} for all.`);
