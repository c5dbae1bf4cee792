/** What the strings and objects of a row stand for, and whether an output is the expected one. */

const JS = {
  undefined: () => undefined,
  NaN: () => NaN,
  Infinity: () => Infinity,
  "-Infinity": () => -Infinity,
  "1n": () => 1n,
  "Symbol()": () => Symbol(),
};

/**
 * A value of a row, its words replaced by what they stand for.
 *
 * @param {unknown} value
 * @param {{ constants: object, base: string, handle: (name: string) => unknown }} meaning
 */
export function resolved(value, meaning) {
  if (typeof value === "string") return word(value, meaning);
  if (Array.isArray(value)) return value.map((item) => resolved(item, meaning));
  if (value === null || typeof value !== "object") return value;
  const [[key, inner] = [], ...more] = Object.entries(value);
  if (more.length === 0) {
    if (key === "text") return inner.map(piece).join("");
    if (key === "units") return String.fromCharCode(...inner);
    if (key === "js") {
      if (!Object.hasOwn(JS, inner)) throw new Error(`no such value of JavaScript: ${inner}`);
      return JS[inner]();
    }
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolved(inner, meaning)]));
}

/** A number of a header by its name, in hex, or joined from several by ` | `; undefined for anything else. */
export function number(text, constants) {
  let bits = 0;
  for (const name of text.split(" | ")) {
    const part = /^0x[0-9a-f]+$/i.test(name) ? Number(name) : constants[name];
    if (!Object.hasOwn(constants, name) && !name.startsWith("0x")) return undefined;
    if (typeof part !== "number") return undefined;
    bits = (bits | part) >>> 0;
  }
  return bits;
}

/** Compares an output with what a row expects: objects name the members that count, everything else is exact. */
export function fits(expected, found) {
  if (Array.isArray(expected)) {
    return Array.isArray(found) && found.length === expected.length && expected.every((item, index) => fits(item, found[index]));
  }
  if (expected === null || typeof expected !== "object") return Object.is(expected, found);
  const entries = Object.entries(expected);
  if (entries.length === 1 && entries[0][0] === "between") {
    const [least, most] = entries[0][1];
    return typeof found === "number" && least <= found && found <= most;
  }
  if (found === null || typeof found !== "object" || Array.isArray(found)) return false;
  return entries.every(([name, value]) => Object.hasOwn(found, name) && fits(value, found[name]));
}

/** A value for whoever reads a failure. */
export function told(value) {
  const text = JSON.stringify(value, (_, inner) => typeof inner === "symbol" || typeof inner === "bigint" ? String(inner) : inner) ?? "undefined";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function word(text, { constants, base, handle }) {
  if (text.startsWith("@")) return handle(text.slice(1));
  if (/^#\d+$/.test(text)) return `00000000-0000-0000-0000-${Number(text.slice(1)).toString(16).padStart(12, "0")}`;
  const known = number(text, constants);
  if (known !== undefined) return known;
  return Object.hasOwn(constants, text) ? constants[text] : text.replaceAll("{server}", base);
}

function piece(value) {
  if (typeof value === "string") return value;
  const [text, times] = value;
  if (typeof text !== "string" || !Number.isInteger(times)) throw new Error(`no piece of a text: ${told(value)}`);
  return text.repeat(times);
}
