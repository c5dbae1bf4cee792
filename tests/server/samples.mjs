/**
 * The files that the playground offers at one click. `samples.json` tells the page of them; the page asks the control
 * path to mend what is broken.
 */
const KIB = 1024;
const MIB = 1024 * KIB;

const SAMPLES = [
  { file: "small.bin", label: "64 KiB", note: "at full speed", script: { size: 64 * KIB } },
  { file: "medium.bin", label: "5 MiB", note: "at 1 MiB/s", script: { size: 5 * MIB, bytesPerSecond: MIB } },
  { file: "large.bin", label: "64 MiB", note: "at 2 MiB/s for each connection", script: { size: 64 * MIB, bytesPerSecond: 2 * MIB } },
  { file: "missing.bin", label: "404", note: "not there until mended", mend: { status: null }, break: { status: 404 }, script: { size: 256 * KIB, status: 404 } },
];

/** Scripts of the samples, by path. */
export function sampleFiles() {
  return Object.fromEntries(SAMPLES.map(({ file, script }) => [`/samples/${file}`, { ...script, cors: { expose: ["ETag", "Content-Range"] } }]));
}

/** What the page is told, relative to its own address. */
export function sampleIndex() {
  return {
    samples: SAMPLES.map(({ file, label, note, script, mend, break: breaks }) => ({
      name: file, url: `samples/${file}`, control: `control/files/samples/${file}`, label, note, size: script.size, mend, break: breaks,
    })),
  };
}
