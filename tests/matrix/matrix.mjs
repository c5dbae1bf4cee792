/**
 * The matrix: every kind of server by every kind of mishap, drawn from a seed. One number makes one run: a file with its
 * script, what the caller knows of it, and where the page stands. `matrix.test.mjs` plays them.
 *
 * Each axis is drawn by itself, so any number of runs from any first seed is a fair sample of the whole.
 */
import { sha256Of } from "../server/content.mjs";
import { drawing, fault, faultNames, scaled } from "../server/faults.mjs";

/** Bytes of a file that is worth several connections. */
const WIDE = 18 << 20;

/** Bytes; about the 64 KiB of an overlap, and more than one checkpoint. */
const SIZES = [0, 1, 70_000, 300_000, 1_200_000];

const OTHER_SIZE = { shorter: (size) => Math.floor(size / 2), longer: (size) => size + 12_345 };

/** Which version the n-th request finds, counted from 0, and of what size it is. */
const CHANGES = {
  "stays": () => ({ version: 1 }),
  "is replaced after the first request": (n) => ({ version: n < 1 ? 1 : 2 }),
  "is replaced after the second request": (n) => ({ version: n < 2 ? 1 : 2 }),
  "is replaced by a shorter one": (n, size) => (n < 1 ? { version: 1 } : { version: 2, size: OTHER_SIZE.shorter(size) }),
  "is replaced by a longer one": (n, size) => (n < 1 ? { version: 1 } : { version: 2, size: OTHER_SIZE.longer(size) }),
  "is replaced and put back": (n) => ({ version: n === 1 ? 2 : 1 }),
  "is another at each request": (n) => ({ version: n + 1 }),
};

/** Where a connection ends, in bytes of the file. */
const CUTS = {
  "before the first byte": () => 0,
  "after one byte": () => 1,
  "early": (size) => Math.floor(size / 10),
  "after an overlap": () => 65_536,
  "in the middle": (size) => Math.floor(size / 2),
  "late": (size) => Math.floor(size * 0.9),
  "before the last byte": (size) => Math.max(0, size - 1),
  "after the last byte": (size) => size,
};

/** How it ends. */
const ENDS = ["cut", "cut at once", "reset", "cut chunks", "hidden cut", "stall"];

/** A value that is drawn so many times as often as others. */
const often = (times, ...values) => Array.from({ length: times }, () => values).flat();

/**
 * All axes by name, with what can be drawn of each. What makes a server worth resuming from is drawn often: a mixture can
 * come about only where there is something to mix.
 */
const AXES = {
  from: ["origin", "crossOrigin"],
  validators: faultNames("validators"),
  exposure: [...faultNames("exposure"), ...often(5, "all exposed")],
  support: [...faultNames("support"), ...often(9, "ranges"), ...often(3, "If-Range ignored")],
  size: [...SIZES, ...often(2, 300_000, 1_200_000)],
  change: [...Object.keys(CHANGES), ...often(3, "is replaced after the first request")],
  cut: [...Object.keys(CUTS), ...often(2, "in the middle", "late")],
  end: ["none", ...ENDS, ...often(5, "cut")],
  odd: ["answer", "status", "end", "connection"].flatMap(faultNames),
  odds: [0, 0, 0, 0, 1, 1, 1, 2, 3],
  cutFirst: [true, true, true, false],
  resume: ["proven", "proven", "likely"],
  knows: [...often(6, "nothing"), "size", "integrity"],
  caller: ["waits", "waits", "suspends and resumes"],
};

/**
 * What a page cannot tell from an answer that CORS keeps from it: the browser says the same of all of these. One failure
 * alone is not taken for a refusal, but several of different kinds in a row may be.
 */
const UNREADABLE = new Set(["503 without CORS", "closed without an answer", "reset without an answer", "no HTTP", "two lengths", "coded part"]);

/** What has to be so of a run that ends in such an error; no other error may end one. */
const REASONS = {
  BG_E_HTTP_ERROR_302: ({ odd }) => odd.includes("redirect to itself"),
  BG_E_HTTP_ERROR_304: ({ odd }) => odd.includes("304"),
  BG_E_HTTP_ERROR_403: ({ odd }) => odd.includes("403"),
  BG_E_HTTP_ERROR_404: ({ odd }) => odd.includes("404"),
  BG_E_INVALID_SERVER_RESPONSE: ({ odd }) => odd.includes("unasked part"),
  BG_E_TOO_LARGE: ({ odd }) => odd.some((name) => name.startsWith("huge ")),
  BG_E_VALIDATION_FAILED: ({ knows }) => knows !== "nothing",
  E_ACCESSDENIED: ({ from, exposure, odd }) => from === "crossOrigin" && (exposure === "same origin only" || odd.some((name) => UNREADABLE.has(name))),
};

/**
 * The run of a seed. Of one that is `wide` the file is fetched over several connections, as far as its server allows.
 *
 * Beside what was drawn of each axis: the `path` and `script` of the file, what the caller has `known` of it, and
 * `versions`, the SHA-256 sums of all that the server ever holds in full.
 */
export function runOf(seed, { wide = false } = {}) {
  const draw = drawing(seed);
  const drawn = Object.fromEntries(Object.entries(AXES).map(([axis, values]) => [axis, draw(values)]));
  // The first answer is as it should be, so that there is something to divide.
  if (wide) Object.assign(drawn, { size: WIDE, support: "ranges", perFile: 4 });
  const odd = Array.from({ length: drawn.odds }, () => draw(AXES.odd));
  const { size } = drawn;
  const cut = drawn.end === "none" ? [] : [cutAt(drawn.end, CUTS[drawn.cut](size))];
  const others = odd.map((name) => scaled(fault(name), size));
  const mishaps = [...(wide ? [{}] : []), ...(drawn.cutFirst ? [...cut, ...others] : [...others, ...cut])];
  const at = (n) => CHANGES[drawn.change](n, size);
  const script = {
    ...fault(drawn.validators), ...fault(drawn.exposure), ...fault(drawn.support),
    size, ...at(mishaps.length),
    steps: mishaps.map((step, n) => ({ size, ...at(n), ...step })),
  };
  const path = `/${wide ? "wide" : "run"}/${seed}`;
  const knows = deceives(script, drawn.validators, odd) ? "integrity" : drawn.knows;
  return { ...drawn, seed, path, script, odd, knows, versions: versionsOf(path, script), known: known(knows, path, script) };
}

/** Whether a run may end in the error of that name. */
export function explains(run, code) {
  return REASONS[code]?.(run) ?? false;
}

function cutAt(name, place) {
  const step = fault(name);
  return { ...step, ["stallAfter" in step ? "stallAfter" : "cutAfter"]: place };
}

function versionsOf(path, script) {
  const all = [script, ...script.steps].map(({ size, version = script.version }) => [version, size ?? script.size]);
  return new Map(all.map(([version, size]) => [`version ${version} of ${size} bytes`, sha256Of(path, version, size)]));
}

/** What the caller says of the file. */
function known(knows, path, { size, version }) {
  if (knows === "integrity") return { integrity: `sha256-${Buffer.from(sha256Of(path, version, size), "hex").toString("base64")}` };
  return knows === "size" ? { size } : {};
}

/**
 * Whether the server says of two files that they are one, or of a part that it is the whole: what only `integrity` sees
 * through, as the documents say. The caller of such a run knows the hash.
 */
function deceives(script, validators, odd) {
  const all = [script, ...script.steps];
  const untold = all.some(({ length, http }) => length === "close" || length === "text" || http === "1.0");
  const cut = all.some(({ cutAfter }) => cutAfter !== undefined);
  return untold && cut
    || validators === "date that never changes"
    || odd.includes("longer than its length")
    || odd.includes("another version under the same tag");
}
