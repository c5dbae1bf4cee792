/**
 * Every fault that we know of a server, by name: which rule or fact of the notes on the web platform it is about (`R5`, or
 * `§2`), and the part of a script that makes it.
 *
 * Those of one axis exclude each other; one of each axis make a script by spreading. The axes in `LASTING` are what a
 * server is like, the others in `PASSING` what goes wrong with one request, so they fit into `steps`:
 *
 *     { ...fault("no validators"), ...fault("range exposed"), steps: [fault("cut"), fault("begins late")] }
 *
 * A fault may also last: spread it into the script itself. `scriptFrom(seed)` draws all of this from a number.
 */
import { createHash } from "node:crypto";

const MODIFIED = "Wed, 01 Jan 2020 00:00:00 GMT";
const HUGE = "18446744073709551616";

/** What a server is like for all requests. */
export const LASTING = Object.freeze({
  validators: {
    "strong tag and date": ["R5", {}],
    "strong tag": ["R5", { lastModified: "none" }],
    "weak tag": ["R2 R7", { etag: "weak", lastModified: "none" }],
    "weak tag that never changes": ["R2 R7", { etag: 'W/"one"', lastModified: "none" }],
    "weak tag and strong date": ["R3", { etag: "weak" }],
    "malformed tag": ["R2", { etag: "untagged", lastModified: "none" }],
    "strong date": ["R4", { etag: "none" }],
    "date too young": ["R4", { etag: "none", lastModified: "now" }],
    "date that never changes": ["R4", { etag: "none", lastModified: MODIFIED }],
    "no validators": ["R7", { etag: "none", lastModified: "none" }],
  },
  exposure: {
    "same origin only": ["§2", { cors: false }],
    "all hidden": ["§2", { cors: true }],
    "tag exposed": ["§2", { cors: { expose: ["ETag"] } }],
    "range exposed": ["§2", { cors: { expose: ["Content-Range"] } }],
    "all exposed": ["§2", { cors: { expose: ["Accept-Ranges", "Content-Encoding", "Content-Range", "Date", "ETag", "Retry-After"] } }],
    "preflight refused": ["§2", { cors: { expose: ["Content-Range", "ETag"], allow: ["Range"] } }],
  },
  support: {
    "ranges": ["R5", {}],
    "no ranges": ["R15 R23", { ranges: "ignore" }],
    "no ranges, though it says so": ["R22", { ranges: "ignore", headers: { "Accept-Ranges": "bytes" } }],
    "capped ranges": ["R9", { ranges: { cap: 100_000 } }],
    "unknown total": ["R13", { ranges: "star-total" }],
    "If-Range ignored": ["R6", { ifRange: "ignore" }],
    "compressed on request": ["R21 §2", { encoding: "gzip" }],
    "stored compressed": ["R21 §2", { encoding: "gzip-always", ranges: "ignore" }],
    "chunked": ["R24", { length: "chunked" }],
    "no length": ["R25", { length: "close" }],
    "HTTP/1.0": ["R25 §2", { http: "1.0", length: "close", ranges: "ignore" }],
  },
});

/** What goes wrong with one request. */
export const PASSING = Object.freeze({
  answer: {
    "begins late": ["R8", { ranges: "shift" }],
    "begins early": ["R8", { ranges: "earlier" }],
    "the whole as a part": ["R8", { ranges: "whole" }],
    "more than asked": ["R8", { ranges: "past-last" }],
    "less than asked": ["R9", { ranges: { cap: 500 } }],
    "unlabelled part": ["R10", { ranges: "bare" }],
    "last before first": ["R11", { ranges: "backwards" }],
    "total not after last": ["R11", { ranges: "short-total" }],
    "another total": ["R6", { ranges: "wrong-total" }],
    "another unit": ["R12", { ranges: "other-unit" }],
    "garbled range": ["R12", { ranges: "garbled" }],
    "labelled whole": ["R14", { ranges: "ignore", headers: { "Content-Range": "bytes 100-199/1000" } }],
    "whole": ["R15", { ranges: "ignore" }],
    "416 with the size": ["R16", { ranges: "refuse" }],
    "416 with another size": ["R16", { ranges: "refuse", headers: { "Content-Range": "bytes */100" } }],
    "bare 416": ["R17", { ranges: "refuse-bare" }],
    "no 416 beyond the end": ["R18", { beyond: "whole" }],
    "multipart": ["R19", { ranges: "multipart" }],
    "multipart of the older type": ["R20", { ranges: "multipart-odd" }],
    "coded part": ["R21", { encoding: "gzip-always" }],
    "huge total": ["R26", { headers: { "Content-Range": `bytes 100-999/${HUGE}` } }],
    "huge last": ["R26", { headers: { "Content-Range": `bytes 100-${HUGE}/*` } }],
    "huge length": ["R26", { headers: { "Content-Length": HUGE } }],
    "another type": ["R30", { type: "text/html" }],
    "unasked part": ["R34", { ranges: "unasked" }],
    "304": ["R35", { status: 304 }],
    "another version": ["R6", { version: 2 }],
    "another version under the same tag": ["R6", { version: 2, etag: '"v1-1000"' }],
  },
  status: {
    "429 with seconds": ["R31", { status: 429, retryAfter: 1 }],
    "503 with a date": ["R31", { status: 503, retryAfter: MODIFIED }],
    "503 without CORS": ["R32", { status: 503, cors: false }],
    "500": ["R32", { status: 500 }],
    "403": ["R32", { status: 403 }],
    "404": ["R32", { status: 404 }],
    "redirect to itself": ["R33", { redirect: "" }],
  },
  end: {
    "cut": ["R24 §2", { cutAfter: 300 }],
    "cut at once": ["§2", { cutAfter: 300, cutWait: 0 }],
    "reset": ["R24 §2", { cutAfter: 300, cut: "reset" }],
    "cut before the first byte": ["R24", { cutAfter: 0 }],
    "cut chunks": ["R24 §2", { cutAfter: 300, length: "chunked" }],
    "hidden cut": ["R25 §3", { cutAfter: 300, length: "close" }],
    "longer than its length": ["R24 §2", { length: 500 }],
    "shorter than its length": ["R24 §2", { length: 2_000 }],
    "two lengths": ["§2", { length: "twice" }],
    "length that is no number": ["§2", { length: "text" }],
    "stall": ["§3", { stallAfter: 300 }],
  },
  connection: {
    "closed without an answer": ["§2", { connect: "close" }],
    "reset without an answer": ["§2", { connect: "reset" }],
    "no HTTP": ["§2", { connect: "garbage" }],
    "late": ["§3", { delay: 100 }],
    "slow": ["§3", { bytesPerSecond: 10_000 }],
  },
});

const ALL = new Map([LASTING, PASSING].flatMap((axes) => Object.values(axes).flatMap(Object.entries)));

/** The part of a script that makes a fault. */
export function fault(name) {
  const known = ALL.get(name);
  if (!known) throw new TypeError(`no such fault: ${name}`);
  return known[1];
}

/** The names of all faults, or of those of one axis. */
export function faultNames(axis) {
  return axis === undefined ? [...ALL.keys()] : Object.keys({ ...LASTING, ...PASSING }[axis]);
}

/** What a fault is about. */
export function rulesOf(name) {
  return ALL.get(name)[0].split(" ");
}

/**
 * A script that follows from a seed: one of each lasting axis, then `faults` requests that each go wrong in one way, then
 * no more faults. The same seed makes the same script. `names` says what was drawn.
 *
 * @param {number | string} seed
 * @param {object} [options]
 * @param {number} [options.size]  bytes of the file
 * @param {number} [options.faults]  how many requests go wrong
 * @returns {{ script: object, names: string[] }}
 */
export function scriptFrom(seed, { size = 200_000, faults = 3 } = {}) {
  const draw = drawing(seed);
  const one = (axes) => draw(Object.keys(axes[draw(Object.keys(axes))]));
  const lasting = Object.values(LASTING).map((axis) => draw(Object.keys(axis)));
  const passing = Array.from({ length: faults }, () => one(PASSING));
  const script = Object.assign({ size }, ...lasting.map(fault), { steps: passing.map((name) => scaled(fault(name), size)) });
  return { script, names: [...lasting, ...passing] };
}

/** A fault is written for a file of 1000 bytes: where it names a number of bytes, the same share of a longer file. */
export function scaled(step, size) {
  const shares = ["bytesPerSecond", "cutAfter", "length", "stallAfter"]
    .filter((key) => typeof step[key] === "number")
    .map((key) => [key, Math.floor((step[key] * size) / 1000)]);
  const tag = step.etag?.startsWith('"v1-') ? { etag: `"v1-${size}"` } : {};
  return { ...step, ...Object.fromEntries(shares), ...tag };
}

/** Draws one of several, again and again, as a seed wants it. */
export function drawing(seed) {
  let turn = 0;
  return (choices) => {
    const bytes = createHash("sha256").update(`${seed}\n${turn++}`).digest();
    return choices[bytes.readUInt32BE(0) % choices.length];
  };
}
