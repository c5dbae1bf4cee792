/** Runs a contestant in a fresh page, sees that what it stored is right, and removes it. */

/** How a contestant stands in the tables. */
export const NAMES = {
  qmgr: "qmgr",
  loop: "hand-written worker loop",
  pipe: "pipeTo(createWritable())",
  cache: "Cache API put",
  wllama: "@wllama/wllama cache manager",
  hub: "@huggingface/hub downloadFile",
  ipull: "ipull",
  opfsTools: "opfs-tools write",
};

/** Megabytes a second. */
export function speed(bytes, ms) {
  return bytes / 1e3 / ms;
}

/**
 * One download, timed from the call until the contestant says that the file is there.
 *
 * @param {object} stage
 * @param {object} run
 * @param {string} run.contestant  a key of NAMES, or a module of the worker
 * @param {import("./files.mjs").Sample} run.file
 * @param {boolean} run.hash  whether the stored file is hashed
 * @param {object} [run.open]  options of our queue
 * @param {object} [run.options]  options of the download
 * @param {string} [run.query]  of the file's address
 * @returns {Promise<number>} milliseconds
 */
export function download(stage, { contestant, file, hash, open, options = {}, query = "" }) {
  return stage.visit(async (page) => {
    const name = "file.bin";
    await call(page, contestant, "prepare", open);
    const { ms } = await time(page, contestant, "download", stage.address(file) + query, name, options);
    await inspect(page, contestant, name, file, hash);
    await call(page, contestant, "remove", name);
    return ms;
  });
}

/** Calls a contestant's method in the page. */
export function call(page, ...args) {
  return page.evaluate((args) => bench.call(...args), args);
}

/** The same, with the milliseconds that it took: `{ ms, value }`. */
export function time(page, ...args) {
  return page.evaluate((args) => bench.time(...args), args);
}

/** Fails unless a stored file has the right size and, where it is hashed, the right bytes. */
export function inspect(page, contestant, name, file, hash) {
  return inspectAll(page, contestant, [name], [file], hash);
}

/** The same of several, in the same order. */
export async function inspectAll(page, contestant, names, files, hash) {
  const found = await page.evaluate((args) => bench.inspect(...args), [contestant, names, { hash }]);
  for (const [index, { size, integrity }] of found.entries()) {
    if (size !== files[index].size) throw new Error(`stored ${size} bytes of ${files[index].size}`);
    if (hash && integrity !== files[index].integrity) throw new Error("stored other bytes than the server's");
  }
}
