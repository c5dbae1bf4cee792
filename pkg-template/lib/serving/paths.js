// Which file a URL under the prefix means, and where the engine keeps a file of that path.

/** What stays as it is in a stored name (`src/abi/local_path.rs` says why). */
const PLAIN = /[a-z0-9_-]/;

/** The longest stored name; a longer one becomes directories whose names end with `+`. */
const LONGEST_NAME = 200;

/**
 * The URL under which a service worker with this prefix serves a file.
 *
 * @param {string} localFile
 * @param {string} prefix
 */
export function fileUrl(localFile, prefix) {
  const { root, segments } = parts(localFile);
  const path = segments.map(encodeURIComponent).join("/");
  return `${prefix}${{ drive: `${root}:/`, posix: "", unc: "/" }[formOf(localFile)]}${path}`;
}

/**
 * The local path that a URL means: undefined for a URL that is not under the prefix, null for one that is and
 * names no file.
 *
 * @param {string} url
 * @param {URL} prefix
 */
export function localFileOf(url, prefix) {
  const { origin, pathname } = new URL(url);
  if (origin !== prefix.origin || !pathname.startsWith(prefix.pathname)) return undefined;
  const rest = pathname.slice(prefix.pathname.length);
  try {
    const segments = rest.split("/").map(decodeURIComponent);
    if (rest === "" || segments.some((segment) => segment.includes("/"))) return null;
    return /^[a-z]:$/i.test(segments[0]) ? segments.join("/") : `/${segments.join("/")}`;
  } catch {
    // What is malformed names nothing.
    return null;
  }
}

/** The key of a path's records, whose segments are the names of its directories and its own. */
export function keyOf(localFile) {
  const form = formOf(localFile);
  const { root, segments } = parts(localFile);
  const stored = segments.flatMap((segment) => storedNames(form === "posix" ? segment : asciiLowerCase(segment)));
  return [form, ...(form === "drive" ? [root] : []), ...stored].join("/");
}

function formOf(localFile) {
  if (/^(\\\\|\/\/)/.test(localFile)) return "unc";
  return localFile.startsWith("/") ? "posix" : "drive";
}

function parts(localFile) {
  switch (formOf(localFile)) {
    case "unc":
      return { root: "", segments: localFile.slice(2).split(/[\\/]/) };
    case "posix":
      return { root: "", segments: localFile.slice(1).split("/") };
    default:
      return { root: localFile.slice(0, 1).toLowerCase(), segments: localFile.slice(3).split(/[\\/]/) };
  }
}

function asciiLowerCase(text) {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function storedNames(segment) {
  const encoded = percentEncoded(segment, PLAIN);
  const names = encoded.match(new RegExp(`.{1,${LONGEST_NAME}}`, "g")) ?? [""];
  return names.map((name, index) => (index < names.length - 1 ? `${name}+` : name));
}

/** The directory of a queue. */
export function queueDirectory(name) {
  return percentEncoded(name, /[A-Za-z0-9_-]/);
}

function percentEncoded(text, plain) {
  const encoded = (byte) => {
    const character = String.fromCharCode(byte);
    return plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  };
  return Array.from(new TextEncoder().encode(text), encoded).join("");
}
