/**
 * What one URL of the scripted server does. A script is plain data: it can be written in a test, sent over the
 * control path, or kept in a link. The same modules serve from Node.js (`tests/server`) and from the service worker of
 * the laboratory (`lab-worker.js`), so a script means the same in both; what a service worker cannot say, such as bytes
 * that are no HTTP, it leaves out.
 *
 * A script is one object of the keys below. Each key is about one thing, so scripts are put together by spreading them,
 * and `steps` does so request by request:
 *
 *     { size: 1e6, etag: "weak", cors: { expose: ["Content-Range"] },
 *       steps: [{ cutAfter: 4e5 }, { connect: "reset" }, { version: 2, ranges: "shift" }], version: 2 }
 *
 * is a file whose first answer is cut, whose second never comes, whose third is a wrong range of the second version, and
 * which is served without fault from then on. What no key can say, `headers` can.
 *
 * `tests/server/faults.mjs` has every known fault by name, and makes scripts of them from a seed. The bytes follow from path (or
 * `seed`), version and position alone; nothing here is left to chance.
 *
 * Keys that say "a request" mean a GET or HEAD; preflights are answered from `cors` and never take a step.
 */
export const DEFAULTS = Object.freeze({
  /** Bytes of the file. */
  size: 65_536,
  /** Names the bytes; a file's path when absent. */
  seed: null,
  /** Which version of the bytes is served. Another number: other bytes and other validators. */
  version: 1,
  /** `Content-Type`; null for none. */
  type: "application/octet-stream",

  /** `"strong"`, `"weak"`, `"none"`, or the header's text. */
  etag: "strong",
  /** `"old"` (strong by RFC 9110 §8.8.2.2), `"now"` (too fresh to be strong), `"none"`, or the header's text. */
  lastModified: "old",
  /**
   * `"honour"`, `"ignore"` (whole file, 200), `{ cap: bytes }` (answers less than was asked for), `"refuse"` and
   * `"refuse-bare"` (416 with and without `Content-Range`), or a wrong 206: `"shift"` (starts one byte later, and says so),
   * `"earlier"` (starts one byte before), `"whole"` (all of the file, as a part), `"past-last"` (goes on to the end),
   * `"wrong-total"`, `"short-total"` (not beyond the last byte), `"star-total"`, `"bare"` (no `Content-Range`), `"garbled"`,
   * `"other-unit"`, `"backwards"`, `"multipart"`, `"multipart-odd"` (the older type, a quoted boundary, more line breaks),
   * `"unasked"` (206 for the first half of the file, whatever was asked).
   */
  ranges: "honour",
  /** `"honour"`, or `"ignore"`: answers 206 though the validator does not match. */
  ifRange: "honour",
  /** A range beyond the end: `"refuse"` (416), or `"whole"` (200). */
  beyond: "refuse",

  /** Another status than 200 and 206, with a short text for a body; null for the file. */
  status: null,
  /** `Retry-After`, seconds or a date, with `status`. */
  retryAfter: null,
  /** `Location`; `status` is 302 when absent. */
  redirect: null,

  /** Whether a request is refused (403) unless `?until=` or `X-Until` names a time to come, in ms since the epoch. */
  signed: false,

  /** `"identity"`, `"gzip"` (when the request allows it), `"gzip-always"` (stored compressed). Small files only. */
  encoding: "identity",
  /**
   * How the body's end is told: `"exact"` (`Content-Length`), `"chunked"`, `"close"` (neither: HTTP/1.0 style),
   * `"twice"` (two different lengths), `"text"` (not a number), or a number to claim.
   */
  length: "exact",

  /** Headers to send in place of the script's own, by name, as text; null sends none. For any answer. */
  headers: Object.freeze({}),
  /**
   * `"accept"`; or no answer at all: `"close"`, `"reset"`, `"garbage"` (bytes that are no HTTP), after `delay`. Browsers
   * send a request again by themselves when a connection ends so that they had used before.
   */
  connect: "accept",
  /** `"1.1"`, or `"1.0"`: its version in the head, and the connection ends with the body. */
  http: "1.1",

  /** No CORS headers when false; true for `{ expose: [] }`. `allow` null lets a preflight have what it asks for. */
  cors: false,

  /** Milliseconds before the head is sent. */
  delay: 0,
  /** Pace of the body; 0 for as fast as it goes. */
  bytesPerSecond: 0,
  /** Ends the connection after so many bytes of the body; null for never. */
  cutAfter: null,
  /** `"close"` or `"reset"`. */
  cut: "close",
  /** Milliseconds between the last byte and the cut. A browser drops bytes that it had not handed over by then. */
  cutWait: 300,
  /** Sends nothing more after so many bytes of the body, and keeps the connection; null for never. */
  stallAfter: null,

  /** Overrides for the first requests, one each; later requests find the script as it is. */
  steps: Object.freeze([]),
});

const CHOICES = {
  ranges: ["honour", "ignore", "refuse", "refuse-bare", "shift", "earlier", "whole", "past-last", "wrong-total", "short-total", "star-total", "bare", "garbled", "other-unit", "backwards", "multipart", "multipart-odd", "unasked"],
  ifRange: ["honour", "ignore"],
  beyond: ["refuse", "whole"],
  connect: ["accept", "close", "reset", "garbage"],
  http: ["1.1", "1.0"],
  encoding: ["identity", "gzip", "gzip-always"],
  length: ["exact", "chunked", "close", "twice", "text"],
  cut: ["close", "reset"],
};

/** Refuses what a typing error would make of a script. Returns it. */
export function checked(script) {
  for (const [key, value] of Object.entries(script)) {
    if (!(key in DEFAULTS)) throw new TypeError(`no such key in a script: ${key}`);
    if (typeof value === "string" && CHOICES[key] && !CHOICES[key].includes(value)) {
      throw new TypeError(`${key} is none of ${CHOICES[key].join(", ")}: ${value}`);
    }
  }
  for (const step of script.steps ?? []) checked(step);
  return script;
}
