import { readRange } from "./range.js";

const BOUNDARY = "scripted-part";
/** The type, how it writes the boundary, and what stands before the first one. */
const MULTIPARTS = { "multipart": ["multipart/byteranges", BOUNDARY, ""], "multipart-odd": ["multipart/x-byteranges", `"${BOUNDARY}"`, "\r\n\r\n"] };
const TEXTS = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 410: "Gone", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable" };

/**
 * What to say to one request, decided before a byte is sent.
 *
 * `headers` is a list of pairs, so that a header can be sent twice; `bytes` gives those between two offsets of the
 * `length` bytes that will follow, or a promise of them; `framing` is `"length"`, `"chunked"` or `"close"`.
 */
export function answer(file, script, request) {
  const plan = planned(file, script, request);
  return { ...plan, headers: overridden(plan.headers, script.headers) };
}

function overridden(headers, own) {
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const added = Object.entries(own).filter(([, value]) => value !== null);
  return [...headers.filter(([name]) => !names.has(name.toLowerCase())), ...added];
}

function planned(file, script, request) {
  if (script.signed && !isSigned(request)) return short(403, [], "403 the signature is missing or has expired\n");
  if (script.redirect !== null) {
    return short(script.status ?? 302, [["Location", script.redirect]], "");
  }
  if (script.status !== null) {
    const wait = script.retryAfter === null ? [] : [["Retry-After", String(script.retryAfter)]];
    return short(script.status, wait, `${script.status} ${TEXTS[script.status] ?? "by script"}\n`);
  }
  const encoded = script.encoding === "gzip-always"
    || (script.encoding === "gzip" && /\bgzip\b/.test(request.headers["accept-encoding"] ?? ""));
  const held = file.representation(script, encoded);
  const common = [];
  if (script.type !== null) common.push(["Content-Type", script.type]);
  if (held.etag !== null) common.push(["ETag", held.etag]);
  if (held.lastModified !== null) common.push(["Last-Modified", held.lastModified]);
  if (encoded) common.push(["Content-Encoding", "gzip"]);
  common.push(["Accept-Ranges", script.ranges === "ignore" ? "none" : "bytes"]);

  const asked = script.ranges === "unasked"
    ? { start: 0, end: Math.ceil(held.length / 2) }
    : rangeThatCounts(script, request, held);
  if (asked === null) return framed(200, common, held, 0, held.length, script);
  if (asked === "unsatisfiable" && script.beyond === "whole") return framed(200, common, held, 0, held.length, script);
  if (asked === "unsatisfiable") return short(416, [["Content-Range", `bytes */${held.length}`]], "");
  return partial(script, common, held, asked);
}

function isSigned({ url, headers }) {
  const until = new URL(url, "http://localhost").searchParams.get("until") ?? headers["x-until"];
  return Number(until) > Date.now();
}

/** The range that is to be honoured, after `If-Range` and the script have had their say. */
function rangeThatCounts(script, request, held) {
  if (script.ranges === "ignore" || request.headers.range === undefined) return null;
  const condition = request.headers["if-range"];
  if (condition !== undefined && script.ifRange === "honour" && !matches(condition, held)) return null;
  return readRange(request.headers.range, held.length);
}

/** RFC 9110 §13.1.5: strong comparison of tags, exact match of dates. */
function matches(condition, held) {
  if (condition.startsWith("W/")) return false;
  return condition.startsWith('"') ? condition === held.etag : condition === held.lastModified;
}

function partial(script, common, held, { start, end }) {
  const total = held.length;
  const says = (range) => [...common, ["Content-Range", range]];
  switch (script.ranges) {
    case "refuse": return short(416, [["Content-Range", `bytes */${total}`]], "");
    case "refuse-bare": return short(416, [], "");
    case "shift": {
      const later = Math.min(start + 1, end - 1);
      return framed(206, says(`bytes ${later}-${end - 1}/${total}`), held, later, end, script);
    }
    case "earlier": {
      const before = Math.max(start - 1, 0);
      return framed(206, says(`bytes ${before}-${end - 1}/${total}`), held, before, end, script);
    }
    case "whole": return framed(206, says(`bytes 0-${total - 1}/${total}`), held, 0, total, script);
    case "past-last": return framed(206, says(`bytes ${start}-${total - 1}/${total}`), held, start, total, script);
    case "short-total": return framed(206, says(`bytes ${start}-${end - 1}/${end - 1}`), held, start, end, script);
    case "wrong-total": return framed(206, says(`bytes ${start}-${end - 1}/${total + 1}`), held, start, end, script);
    case "star-total": return framed(206, says(`bytes ${start}-${end - 1}/*`), held, start, end, script);
    case "bare": return framed(206, common, held, start, end, script);
    case "garbled": return framed(206, says("bytes of some kind"), held, start, end, script);
    case "other-unit": return framed(206, says(`items ${start}-${end - 1}/${total}`), held, start, end, script);
    case "backwards": return framed(206, says(`bytes ${end}-${start}/${total}`), held, start, end, script);
    case "multipart":
    case "multipart-odd": return multipart(common, held, start, end, script);
    default: {
      const capped = typeof script.ranges === "object" ? Math.min(end, start + script.ranges.cap) : end;
      return framed(206, says(`bytes ${start}-${capped - 1}/${total}`), held, start, capped, script);
    }
  }
}

function multipart(common, held, start, end, script) {
  const type = common.find(([name]) => name === "Content-Type")?.[1] ?? "application/octet-stream";
  const [kind, boundary, preamble] = MULTIPARTS[script.ranges];
  const head = text(`${preamble}--${BOUNDARY}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end - 1}/${held.length}\r\n\r\n`);
  const tail = text(`\r\n--${BOUNDARY}--\r\n`);
  const body = async () => joined([head, await held.bytes(start, end), tail]);
  const headers = common.filter(([name]) => name !== "Content-Type");
  headers.push(["Content-Type", `${kind}; boundary=${boundary}`]);
  const length = head.length + end - start + tail.length;
  return framed(206, headers, { bytes: async (a, b) => (await body()).subarray(a, b), version: held.version }, 0, length, script);
}

const text = (string) => new TextEncoder().encode(string);

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  pieces.reduce((at, piece) => (whole.set(piece, at), at + piece.length), 0);
  return whole;
}

function short(status, headers, string) {
  const body = text(string);
  return {
    status,
    headers: [["Content-Type", "text/plain; charset=utf-8"], ["Cache-Control", "no-store"], ...headers, ["Content-Length", String(body.length)]],
    framing: "length",
    length: body.length,
    bytes: (start, end) => body.subarray(start, end),
    version: null,
  };
}

function framed(status, headers, held, start, end, script) {
  const length = end - start;
  const all = [...headers, ["Cache-Control", "no-store"]];
  let framing = "length";
  switch (script.length) {
    case "exact": all.push(["Content-Length", String(length)]); break;
    case "twice": all.push(["Content-Length", String(length)], ["Content-Length", String(length + 1)]); break;
    case "text": all.push(["Content-Length", "many"]); framing = "close"; break;
    case "chunked": framing = "chunked"; break;
    case "close": framing = "close"; break;
    default: all.push(["Content-Length", String(script.length)]);
  }
  return { status, headers: all, framing, length, bytes: (a, b) => held.bytes(start + a, start + b), version: held.version };
}
