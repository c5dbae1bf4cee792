import { checked, DEFAULTS } from "./script.js";

const OLD = Date.UTC(2020, 0, 1);
const DAY = 86_400_000;

/**
 * One URL of the server: its script, and how many requests have been answered by it. `content` makes the bytes:
 * `bytesOf(seed, version, start, end)`, which may return a promise, and `gzipOf(seed, version, size)` where there is
 * compression.
 */
export class ScriptedFile {
  #content;
  #taken;

  constructor(path, script, content, taken = 0) {
    this.path = path;
    this.#content = content;
    this.#taken = taken;
    this.script = { ...DEFAULTS, ...checked(script) };
  }

  /** Changes some keys; a body that is being sent follows `bytesPerSecond`, `cutAfter` and `stallAfter` at once. */
  update(changes) {
    Object.assign(this.script, checked(changes));
    if ("steps" in changes) this.#taken = 0;
  }

  /** How many requests have taken a step. */
  get taken() {
    return this.#taken;
  }

  /** The overrides of the request that comes next. */
  takeStep() {
    return this.script.steps[this.#taken++] ?? {};
  }

  /** The script with a request's overrides. */
  with(step) {
    return { ...this.script, ...step };
  }

  /** What a version looks like on the wire: its length, its bytes, its validators. */
  representation(script, encoded) {
    const { size, version } = script;
    const seed = script.seed ?? this.path;
    const whole = encoded ? this.#content.gzipOf(seed, version, size) : null;
    return {
      version,
      encoded,
      length: whole ? whole.length : size,
      bytes: (start, end) => whole ? whole.subarray(start, end) : this.#content.bytesOf(seed, version, start, end),
      etag: etag(script, encoded),
      lastModified: lastModified(script),
    };
  }
}

function etag({ etag: kind, size, version }, encoded) {
  const tag = `"v${version}-${size}${encoded ? "-gzip" : ""}"`;
  if (kind === "strong") return tag;
  if (kind === "weak") return `W/${tag}`;
  return kind === "none" ? null : kind;
}

function lastModified({ lastModified: kind, version }) {
  if (kind === "old") return new Date(OLD + version * DAY).toUTCString();
  if (kind === "now") return new Date().toUTCString();
  return kind === "none" ? null : kind;
}
