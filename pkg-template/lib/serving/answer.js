// What to answer to a request for a file: the rules of RFC 9110, §13 and §14, and nothing that touches a file.

/**
 * What is known of a file.
 *
 * @typedef {object} FileFacts
 * @property {number | null} size In bytes; null while nobody knows it.
 * @property {string} type The media type as its server sent it; empty when it sent none.
 * @property {string | null} etag The `ETag` as its server sent it.
 * @property {number | null} lastModified In ms since the epoch.
 * @property {number} [longest] A part is answered with at most so many bytes; who wants more asks again.
 */

/**
 * @typedef {object} Head
 * @property {number} status
 * @property {[name: string, value: string][]} headers
 * @property {{ start: number, end: number | null } | null} span The bytes of the body, half-open; null for none.
 */

/** What may be asked of a file. */
const METHODS = ["GET", "HEAD"];

const NAMELESS_TYPE = "application/octet-stream";

/** An entity tag (§8.8.3). Header fields reach JavaScript with one character for each byte. */
const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** What a file may do when it is opened as a page of its own: nothing, since it came from elsewhere. */
const PROTECTION = [
  ["Content-Security-Policy", "sandbox"],
  ["X-Content-Type-Options", "nosniff"],
];

/**
 * The head of the answer, and which bytes belong to it.
 *
 * @param {string} method
 * @param {{ get(name: string): string | null }} asked The header fields of the request.
 * @param {FileFacts} facts
 * @param {number} now In ms since the epoch.
 * @returns {Head}
 */
export function answerHead(method, asked, facts, now) {
  if (!METHODS.includes(method)) {
    return { status: 405, headers: [["Allow", METHODS.join(", ")]], span: null };
  }
  const validators = validatorsOf(facts, now);
  const refusal = precondition(asked, validators);
  if (refusal !== undefined) return { status: refusal, headers: validators.headers, span: null };
  const { size } = facts;
  const headers = [
    ["Accept-Ranges", size === null ? "none" : "bytes"],
    ["Content-Type", facts.type || NAMELESS_TYPE],
    ...validators.headers,
    ...PROTECTION,
  ];
  const range = method === "GET" && mayBePart(asked, validators, now) ? rangeOf(asked.get("range"), size) : undefined;
  if (range === "beyond") {
    return { status: 416, headers: [...headers, ["Content-Range", `bytes */${size}`], ["Content-Length", "0"]], span: null };
  }
  if (range !== undefined) {
    const { start } = range;
    const end = Math.min(range.end, start + (facts.longest ?? Infinity));
    const label = [["Content-Range", `bytes ${start}-${end - 1}/${size}`], ["Content-Length", String(end - start)]];
    return { status: 206, headers: [...headers, ...label], span: { start, end } };
  }
  const length = size === null ? [] : [["Content-Length", String(size)]];
  const span = method === "GET" ? { start: 0, end: size } : null;
  return { status: 200, headers: [...headers, ...length], span };
}

/** What tells this version from others: what a request is held against, and the fields that say so. */
function validatorsOf({ etag, lastModified }, now) {
  const tag = etag !== null && matches(etag) ? etag : null;
  // No date lies ahead of the answer's own (§8.8.2.1).
  const second = lastModified === null ? null : Math.floor(Math.min(lastModified, now) / 1000) * 1000;
  const date = second === null ? null : new Date(second).toUTCString();
  const headers = [["ETag", tag], ["Last-Modified", date]].filter(([, value]) => value !== null);
  return { tag, second, date, headers };
}

/** The status that ends it here, if a precondition does (§13.2.2). */
function precondition(asked, { tag, second }) {
  const [ifMatch, ifNoneMatch] = [asked.get("if-match"), asked.get("if-none-match")];
  if (ifMatch !== null) {
    const isMet = ifMatch.trim() === "*" || (isStrong(tag) && tagsOf(ifMatch).includes(tag));
    if (!isMet) return 412;
  } else if (second > httpDate(asked.get("if-unmodified-since"))) {
    return 412;
  }
  if (ifNoneMatch !== null) {
    const isKnown = ifNoneMatch.trim() === "*" || (tag !== null && tagsOf(ifNoneMatch).map(opaque).includes(opaque(tag)));
    return isKnown ? 304 : undefined;
  }
  const isOld = second !== null && second <= httpDate(asked.get("if-modified-since"));
  return isOld ? 304 : undefined;
}

/** Whether `If-Range` lets a part be answered (§13.1.5): only on a strong validator that is the same. */
function mayBePart(asked, { tag, second, date }, now) {
  const ifRange = asked.get("if-range")?.trim();
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === tag;
  // What was changed within the second before may change again within it (§8.8.2.2).
  return date !== null && ifRange === date && second + 1000 <= now;
}

/**
 * The bytes that a `Range` asks for: undefined for all, as an answer to several, to what is malformed and to
 * other units (§14.2); "beyond" for none that are there.
 */
function rangeOf(field, size) {
  const set = /^\s*bytes\s*=(.*)$/i.exec(field ?? "")?.[1];
  // Of an empty file the whole is as good as any part.
  if (set === undefined || !size) return undefined;
  const specs = set.split(",").map((spec) => spec.trim()).filter((spec) => spec !== "");
  const spec = specs.length === 1 ? /^(\d*)-(\d*)$/.exec(specs[0]) : null;
  if (spec === null || specs[0] === "-") return undefined;
  const [, first, last] = spec;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "beyond" : { start: size - length, end: size };
  }
  // Numbers too large to be exact are beyond the end of any file.
  const [start, end] = [Number(first), last === "" ? size : Math.min(Number(last) + 1, size)];
  if (last !== "" && Number(last) < start) return undefined;
  return start < size ? { start, end } : "beyond";
}

function tagsOf(field) {
  return field.match(TAG) ?? [];
}

/** Whether a text is one entity tag. */
function matches(text) {
  return text.match(TAG)?.[0] === text;
}

function isStrong(tag) {
  return tag !== null && !tag.startsWith("W/");
}

function opaque(tag) {
  return tag.replace(/^W\//, "");
}

/** A date in any of the three forms (§5.6.7); NaN, with which no comparison holds, for anything else. */
function httpDate(text) {
  const isDate = /^\w+, .+ GMT$/.test(text ?? "");
  const isAsctime = /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/.test(text ?? "");
  return isDate || isAsctime ? Date.parse(isAsctime ? `${text} GMT` : text) : NaN;
}
