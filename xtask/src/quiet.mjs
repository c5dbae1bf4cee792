/**
 * Takes out of a module what its panics would say: `node quiet.mjs MODULE`, of a module that still names its functions.
 * The standard library writes it to an error stream that this target does not have, so nobody ever hears it; a panic is
 * the same trap without. The compiler's own way (`panic = "immediate-abort"`) is not stable.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { ModuleReader, numberBytes, SECTION, section, withCount } from "./module-reader.mjs";

const [file] = process.argv.slice(2);
const module = readFileSync(file);

/** Functions that only panic. All others end in the first one. */
const PANICS = [
  /^core::panicking::panic_fmt$/,
  /^core::panicking::/,
  /^core::(?:option|result)::(?:expect|unwrap)_failed$/,
  /^core::cell::(?:lazy::)?panic_/,
  /^core::(?:slice|str)::.*_fail(?:_rt)?$/,
  /^alloc::raw_vec::(?:capacity_overflow|handle_error)$/,
  /^<alloc::vec::Vec<.*>>::\w+::assert_failed$/,
  /^std::panicking::panic_(?:handler|with_hook)/,
  /^std::thread::local::panic_/,
  /^<std::panicking::panic_handler::\w+Payload as /,
  /^__rustc::rust_begin_unwind$/,
  // Nothing else prints by `Debug`, except for what JavaScript has thrown: `cargo xtask lint` sees to it.
  /^<(?!&*wasm_bindgen::JsValue ).* as core::fmt::Debug>::fmt/,
  /^<core::fmt::(?:Formatter>::debug_|builders::)/,
];

/** A function without variables, whose only instruction is `unreachable`. */
const TRAP = Buffer.from([3, 0x00, 0x00, 0x0b]);

/** A `core::panic::Location`, in bytes: where the name of a file is, how long that is, the line and the column. */
const LOCATION = 16;
const LONGEST_NAME = 300;
const NAME = /^[\w./+-]+\.rs$/;

/** Of a segment of data: it is put where a constant says. */
const ACTIVE = 0;
const I32_CONST = 0x41;
const END = 0x0b;

const reader = new ModuleReader(module);

/** How many functions are imported, and so come before those of the code. */
let imported = 0;
let names = new Map();
for (const { id, end } of reader.sections()) {
  if (id === SECTION.imports) imported = reader.imports();
  if (id === SECTION.names) names = new Map([...names, ...reader.names(end)]);
}
if (![...names.values()].some((name) => PANICS[0].test(name))) throw new Error(`no function is named ${PANICS[0]}`);

/** The functions, with a trap in the place of each that only panics. */
function code() {
  const count = reader.number();
  const functions = Array.from({ length: count }, (_, index) => {
    const start = reader.at;
    reader.counted();
    const name = names.get(imported + index) ?? "";
    return PANICS.some((pattern) => pattern.test(name)) ? TRAP : module.subarray(start, reader.at);
  });
  return Buffer.concat([numberBytes(count), ...functions]);
}

/** The data, with zeros in the place of each location, and of the names of files. */
function data() {
  const count = reader.number();
  const segments = Array.from({ length: count }, () => {
    const start = reader.at;
    if (reader.byte() !== ACTIVE || reader.byte() !== I32_CONST) throw new Error("a segment has no fixed place");
    const offset = reader.number();
    if (reader.byte() !== END) throw new Error("a segment's place is no constant");
    const head = module.subarray(start, reader.at);
    return { head, offset, bytes: Buffer.from(reader.counted()) };
  });
  const textAt = (address, length) => {
    const segment = segments.find(({ offset, bytes }) => offset <= address && address + length <= offset + bytes.length);
    return segment?.bytes.subarray(address - segment.offset, address - segment.offset + length);
  };
  const blank = [];
  for (const { bytes } of segments) {
    for (let at = 0; at + LOCATION <= bytes.length; at += 4) {
      const length = bytes.readUInt32LE(at + 4);
      if (length > LONGEST_NAME) continue;
      const name = textAt(bytes.readUInt32LE(at), length);
      if (name !== undefined && NAME.test(name.toString("latin1"))) blank.push(bytes.subarray(at, at + LOCATION), name);
    }
  }
  if (blank.length === 0) throw new Error("no panic has a location");
  for (const bytes of blank) bytes.fill(0);
  return Buffer.concat([numberBytes(count), ...segments.flatMap(({ head, bytes }) => [head, withCount(bytes)])]);
}

const parts = [module.subarray(0, 8)];
for (const { id, start, end } of reader.sections()) {
  if (id === SECTION.code) parts.push(section(id, code()));
  else if (id === SECTION.data) parts.push(section(id, data()));
  else parts.push(module.subarray(start, end));
}
writeFileSync(file, Buffer.concat(parts));
