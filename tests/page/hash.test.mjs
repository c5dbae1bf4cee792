/** A file with `integrity` is hashed beside its transfer, in a worker of its own where there can be one. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startNginx } from "./nginx.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

const MIB = 1 << 20;
const SIZE = 16 * MIB;
const LOCAL = "/models/random.bin";
const COMPLETE = 0x140;
const FAILED = 0x380;

/** A page with a group of one file, with the right `integrity` or with another one. */
async function stage(t, { rate, expected, wrong = false, inBlob = false, before, entry = "index.js" }) {
  const bytes = randomBytes(SIZE);
  const nginx = await startNginx(t, { files: { "random.bin": bytes }, pkg: PKG });
  const page = await visit(t, `${nginx.origin}/blank`, { expected, prelude: fileURLToPath(new URL("in-page.js", import.meta.url)), onDisk: true });
  const digest = createHash("sha256").update(wrong ? "something else" : bytes).digest("base64");
  const file = { remoteFile: `${nginx.origin}/files/random.bin?rate=${rate}`, localFile: LOCAL, integrity: `sha256-${digest}` };
  await page.evaluate(async ([file, inBlob, before, entry]) => {
    lab.entry = entry;
    const first = before === undefined ? "" : `import "data:text/javascript,${encodeURIComponent(before)}"; `;
    const script = URL.createObjectURL(new Blob([`${first}import "${location.origin}/pkg/worker.js";`], { type: "text/javascript" }));
    const options = inBlob || before !== undefined ? { worker: () => new Worker(script, { type: "module" }) } : {};
    await lab.make([file], options);
    if (before === undefined) URL.revokeObjectURL(script);
    await lab.group.resumeGroup();
  }, [file, inBlob, before, entry]);
  return {
    page,
    statusIs: (word) => until(`the status word is 0x${word.toString(16)}`, async () => await page.evaluate(() => lab.status()) === word, 60_000),
    async assertWhole() {
      const found = await page.evaluate((localFile) => lab.hash(localFile), LOCAL);
      assert.equal(found, createHash("sha256").update(bytes).digest("hex"));
    },
  };
}

test("a second worker hashes while the file comes, and goes when it is there", async (t) => {
  const { page, statusIs, assertWhole } = await stage(t, { rate: "4m" });
  await until("a worker that hashes", () => page.workers().length === 2);
  await statusIs(COMPLETE);
  await assertWhole();
  await until("only the engine's worker is left", () => page.workers().length === 1);
});

test("the package that carries its worker starts a second one from what it carries", async (t) => {
  const { page, statusIs, assertWhole } = await stage(t, { rate: "4m", entry: "inline.js" });
  await until("a worker that hashes", () => page.workers().length === 2);
  await statusIs(COMPLETE);
  await assertWhole();
});

test("bytes that a second worker found to be others are not published", async (t) => {
  const { page, statusIs } = await stage(t, { rate: "0", wrong: true });
  await statusIs(FAILED);
  const { published, bytesDone } = await page.evaluate(() => lab.progress());
  assert.deepEqual([published, bytesDone], [false, 0]);
});

test("where no second worker can be had the engine hashes by itself", async (t) => {
  // A script that is gone cannot be loaded again.
  const { statusIs, assertWhole } = await stage(t, { rate: "0", inBlob: true, expected: [/blob:|ERR_FILE_NOT_FOUND/] });
  await statusIs(COMPLETE);
  await assertWhole();
});

/** In the engine's worker: the worker that hashes is ended when it has been given some bytes, and nobody is told. */
const KILLS_HASHER = `
  self.Worker = class extends Worker {
    #sent = 0;
    postMessage(...message) {
      super.postMessage(...message);
      this.#sent += 1;
      if (this.#sent === 6) this.terminate();
    }
  };`;

test("a second worker that ends without a word holds nothing up", async (t) => {
  const { page, statusIs, assertWhole } = await stage(t, { rate: "4m", before: KILLS_HASHER });
  await until("a worker that hashes", () => page.workers().length === 2);
  await statusIs(COMPLETE);
  await assertWhole();
});
