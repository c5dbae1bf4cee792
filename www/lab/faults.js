/**
 * The switches of the laboratory: what the server can be told to do wrong, each as the keys of a script
 * (`server/script.js`), so that a switch does the same on the scripted server and in the service worker.
 *
 * A switch may have a number: `unit`, `least`, `most` and `usual` are the field's; `script(number, file)` makes the keys.
 * Most act at once, on a body that is on its way too; the others on the next request.
 */
const KIB = 1024;

export const FAULTS = Object.freeze([
  {
    id: "cut", label: "Cut the connection", says: "Every answer ends after so many bytes, as on a bad line.",
    unit: "KiB", least: 1, most: 65_536, usual: 768,
    script: (after) => ({ cutAfter: after * KIB }),
  },
  {
    id: "stall", label: "Stall", says: "After so many bytes nothing more comes, and the connection stays open.",
    unit: "KiB", least: 0, most: 65_536, usual: 512,
    script: (after) => ({ stallAfter: after * KIB }),
  },
  {
    id: "busy", label: "Answer 503", says: "The server is busy, and says in Retry-After when to come back.",
    unit: "s", least: 1, most: 60, usual: 10,
    script: (seconds) => ({ status: 503, retryAfter: seconds }),
  },
  {
    id: "replace", label: "Replace the file", says: "From the next request on it is another file of the same length, with another ETag.",
    script: () => ({ version: 2 }),
  },
  {
    id: "norange", label: "Ignore Range", says: "Whatever part is asked for, the whole file is sent.",
    script: () => ({ ranges: "ignore" }),
  },
  {
    id: "lie", label: "Lie about the length", says: "Content-Length is more than what comes, by so many bytes.",
    unit: "bytes", least: 1, most: 1_000_000, usual: 1000,
    script: (more, { size }) => ({ length: size + more }),
  },
  {
    id: "hide", label: "Hide the CORS headers", says: "The file lies on another site, which does not let the page read ETag and Content-Range: no proof of a version.",
    needs: "other",
    script: () => ({ cors: { expose: [] } }),
  },
  {
    id: "slow", label: "Slow down", says: "No more than so much a second.",
    unit: "KiB/s", least: 1, most: 65_536, usual: 64,
    script: (rate) => ({ bytesPerSecond: rate * KIB }),
  },
]);

/** The switch of an id; undefined where there is none. */
export function faultOf(id) {
  return FAULTS.find((fault) => fault.id === id);
}

/** Everything that a switch can change, as it is without faults. */
const SOUND = Object.freeze({
  connect: "accept", cors: { expose: ["Content-Range", "ETag", "Retry-After"] }, cutAfter: null, length: "exact",
  ranges: "honour", retryAfter: null, stallAfter: null, status: null, version: 1,
});

/**
 * The script of a file under some faults.
 *
 * @param {{ size: number, speed: number }} file  bytes, and bytes a second
 * @param {Record<string, number | true>} faults  the number of each that is on, by id; true for those without one
 * @param {boolean} [offline]  no request is answered at all
 */
export function scriptOf({ size, speed }, faults = {}, offline = false) {
  const on = Object.entries(faults).map(([id, number]) => faultOf(id).script(number, { size }));
  return Object.assign({ ...SOUND, size, bytesPerSecond: speed }, ...on, offline ? { connect: "close" } : {});
}
