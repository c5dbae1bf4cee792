/** Several tabs of one queue, in a browser whose profile outlives it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchPersistent } from "../browser-launch.mjs";
import { startServer } from "../server/server.mjs";
import { until } from "./until.mjs";
import { PKG } from "./visit.mjs";

export const MIB = 1 << 20;
export const PATH = "/file.bin";
export const LOCAL = "/data/file.bin";
const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const PRELUDE = fileURLToPath(new URL("in-page.js", import.meta.url));

/** A server with one file at `PATH`, and a profile that outlives its browsers. */
export async function place(t, script) {
  const server = await startServer({ files: { [PATH]: script }, mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK, "/away": BLANK } });
  const profile = await mkdtemp(join(tmpdir(), "qmgr-tabs-"));
  t.after(async () => {
    await server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const launch = async () => {
    const context = await launchPersistent(profile);
    t.after(() => context.close().catch(() => {}));
    await context.addInitScript({ path: PRELUDE });
    return context;
  };
  const open = async (page) => {
    await page.goto(`${server.origin}/blank`);
    return page;
  };
  return { server, launch, open };
}

export const run = (page, url, options) =>
  page.evaluate(
    async ([remoteFile, localFile, options]) => {
      const id = await lab.make([{ remoteFile, localFile }], options);
      await lab.group.resumeGroup();
      return id;
    },
    [url, LOCAL, options],
  );

export const bytesDone = (page) => page.evaluate(() => lab.group.getDetails().bytesDone);

export const isComplete = async (page) => (await page.evaluate(() => lab.status())) === 0x140;
export const role = (page) => page.evaluate(async () => (await lab.queue()).role);

/** Two tabs that hold one group, which the first of them transfers; a checkpoint has been written. */
export async function twoTabs(t, { launch, open, server }, whileFetching = 2 * MIB) {
  const context = await launch();
  const first = await open(context.pages()[0]);
  const id = await run(first, server.origin + PATH);
  const second = await open(await context.newPage());
  await second.evaluate((groupId) => lab.find(groupId), id);
  assert.deepEqual([await role(first), await role(second)], ["active", "standby"]);
  await until("bytes", async () => (await bytesDone(second)) > whileFetching);
  return { context, first, second, id };
}

/** Collects the role events of a page. */
export const watchRole = (page) =>
  page.evaluate(async () => {
    globalThis.roles = [];
    (await lab.queue()).addEventListener("role", ({ detail }) => roles.push(detail.role));
  });

/** What was fetched is the file, and no byte of it was asked for from two tabs at once for long. */
export async function assertWhole(server, page) {
  assert.equal(await page.evaluate((file) => lab.hash(file), LOCAL), server.file(PATH).sha256());
}
