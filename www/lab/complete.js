/** What may stand where the caret is: names of the scope, or members of the value before the last dot. */
const PATH = /(?:([\w$]+(?:\.[\w$]+)*)\.)?([\w$]*)$/;

/**
 * @param {string} text  the line up to the caret
 * @param {string[]} names  that are known
 * @param {(name: string) => unknown} read  the value of a known name
 * @returns {{ typed: string, words: string[] }} what of the last word is there, and the words it may become
 */
export function complete(text, names, read) {
  const [, path, typed] = PATH.exec(text);
  const words = path === undefined ? names : membersOf(valueOf(path, names, read));
  return { typed, words: [...new Set(words)].filter((word) => word.startsWith(typed) && word !== typed).sort() };
}

/** Follows plain properties only: to complete a line must not call anything. */
function valueOf(path, names, read) {
  const [first, ...rest] = path.split(".");
  if (!names.includes(first)) return undefined;
  let value = read(first);
  for (const key of rest) {
    const found = value === null || value === undefined ? undefined : Object.getOwnPropertyDescriptor(value, key);
    value = found && "value" in found ? found.value : undefined;
  }
  return value;
}

function membersOf(value) {
  const names = [];
  for (let at = value; at !== null && at !== undefined && at !== Object.prototype; at = Object.getPrototypeOf(Object(at))) {
    names.push(...Object.getOwnPropertyNames(at));
  }
  return names.filter((name) => name !== "constructor" && /^[a-z]\w*$/i.test(name));
}
