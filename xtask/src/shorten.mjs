/**
 * Gives a module's imports short names, in the module and in its glue: `node shorten.mjs MODULE GLUE`. The names that
 * the binder gives have a hash each, which no compression makes smaller, and travel three times: with the module, the
 * page's script and the worker's.
 */
import { readFileSync, writeFileSync } from "node:fs";

const [moduleFile, glueFile] = process.argv.slice(2);

/** Of the binary format: the header's length, the section of the imports, and the kind of a function. */
const HEADER = 8;
const IMPORTS = 2;
const FUNCTION = 0;

const module = readFileSync(moduleFile);
let glue = readFileSync(glueFile, "utf8");
let at = HEADER;

/** Reads a number: seven bits a byte, the lowest first. */
function number() {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = module[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

/** The bytes of a number. */
function bytes(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...bytes(value >>> 7)];
}

/** Reads bytes behind their number. */
function counted() {
  const length = number();
  return module.subarray(at, (at += length));
}

function withCount(content) {
  return [...bytes(content.length), ...content];
}

/** The section of the imports, with other names; the glue gets them too. */
function shortened() {
  const count = number();
  const entries = Array.from({ length: count }, (_, index) => {
    const from = counted();
    const name = counted().toString();
    if (module[at++] !== FUNCTION) throw new Error(`${name} is no function`);
    const type = number();
    const short = `i${index.toString(36)}`;
    const parts = glue.split(new RegExp(`^(?: {8})${name}(?=: )`, "m"));
    if (parts.length !== 2) throw new Error(`the glue names ${name} ${parts.length - 1} times`);
    glue = parts.join(short);
    return [...withCount(from), ...withCount(Buffer.from(short)), FUNCTION, ...bytes(type)];
  });
  return [...bytes(count), ...entries.flat()];
}

const sections = [];
while (at < module.length) {
  const start = at;
  const id = module[at++];
  const end = number() + at;
  sections.push(id === IMPORTS ? Buffer.from([id, ...withCount(shortened())]) : module.subarray(start, end));
  at = end;
}
writeFileSync(moduleFile, Buffer.concat([module.subarray(0, HEADER), ...sections]));
writeFileSync(glueFile, glue);
