/**
 * Gives a module's imports, and those of its exports that the binder makes, short names, in the module and in its glue:
 * `node shorten.mjs MODULE GLUE`. The names that the binder gives have a hash each, which no compression makes smaller,
 * and travel three times: with the module, the page's script and the worker's.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { FUNCTION, ModuleReader, numberBytes, SECTION, section, withCount } from "./module-reader.mjs";

const [moduleFile, glueFile] = process.argv.slice(2);

/** What the binder names after a type. */
const MADE = /^wasm_bindgen_[0-9a-f]{16}_/;

const module = readFileSync(moduleFile);
let glue = readFileSync(glueFile, "utf8");
const reader = new ModuleReader(module);

/** Has the glue say something else in the one place of a name. */
function rename(place, name, short) {
  const parts = glue.split(place);
  if (parts.length !== 2) throw new Error(`the glue names ${name} ${parts.length - 1} times`);
  glue = parts.join(short);
}

/** The imports, with other names; the glue gets them too. */
function imports() {
  const count = reader.number();
  const entries = Array.from({ length: count }, (_, index) => {
    const from = reader.counted();
    const name = reader.counted().toString();
    if (reader.byte() !== FUNCTION) throw new Error(`${name} is no function`);
    const type = numberBytes(reader.number());
    const short = `i${index.toString(36)}`;
    rename(new RegExp(`^(?: {8})${name}(?=: )`, "m"), name, short);
    return [withCount(from), withCount(Buffer.from(short)), Buffer.from([FUNCTION]), type];
  });
  return Buffer.concat([numberBytes(count), ...entries.flat()]);
}

/** The exports, some of them with other names. */
function exports() {
  const count = reader.number();
  const entries = Array.from({ length: count }, (_, index) => {
    const name = reader.counted().toString();
    const what = Buffer.from([reader.byte()]);
    const which = numberBytes(reader.number());
    const short = MADE.test(name) ? `e${index.toString(36)}` : name;
    if (short !== name) rename(new RegExp(`(?<=\\bwasm\\.)${name}(?=\\()`), name, short);
    return [withCount(Buffer.from(short)), what, which];
  });
  return Buffer.concat([numberBytes(count), ...entries.flat()]);
}

const parts = [module.subarray(0, reader.at)];
for (const { id, start, end } of reader.sections()) {
  if (id === SECTION.imports) parts.push(section(id, imports()));
  else if (id === SECTION.exports) parts.push(section(id, exports()));
  else parts.push(module.subarray(start, end));
}
writeFileSync(moduleFile, Buffer.concat(parts));
writeFileSync(glueFile, glue);
