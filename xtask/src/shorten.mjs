/**
 * Gives a module's imports short names, in the module and in its glue: `node shorten.mjs MODULE GLUE`. The names that
 * the binder gives have a hash each, which no compression makes smaller, and travel three times: with the module, the
 * page's script and the worker's.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { ModuleReader } from "./module-reader.mjs";

const [moduleFile, glueFile] = process.argv.slice(2);

/** Of the binary format: the section of the imports, and the kind of a function. */
const IMPORTS = 2;
const FUNCTION = 0;

const module = readFileSync(moduleFile);
let glue = readFileSync(glueFile, "utf8");
const reader = new ModuleReader(module);
const header = module.subarray(0, reader.at);

/** The bytes of a number. */
function bytes(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...bytes(value >>> 7)];
}

function withCount(content) {
  return [...bytes(content.length), ...content];
}

/** The section of the imports, with other names; the glue gets them too. */
function shortened() {
  const count = reader.number();
  const entries = Array.from({ length: count }, (_, index) => {
    const from = reader.counted();
    const name = reader.counted().toString();
    if (reader.byte() !== FUNCTION) throw new Error(`${name} is no function`);
    const type = reader.number();
    const short = `i${index.toString(36)}`;
    const parts = glue.split(new RegExp(`^(?: {8})${name}(?=: )`, "m"));
    if (parts.length !== 2) throw new Error(`the glue names ${name} ${parts.length - 1} times`);
    glue = parts.join(short);
    return [...withCount(from), ...withCount(Buffer.from(short)), FUNCTION, ...bytes(type)];
  });
  return [...bytes(count), ...entries.flat()];
}

const sections = [];
while (reader.at < module.length) {
  const start = reader.at;
  const id = reader.byte();
  const end = reader.number() + reader.at;
  sections.push(id === IMPORTS ? Buffer.from([id, ...withCount(shortened())]) : module.subarray(start, end));
  reader.at = end;
}
writeFileSync(moduleFile, Buffer.concat([header, ...sections]));
writeFileSync(glueFile, glue);
