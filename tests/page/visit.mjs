/** What the tests of pages share: a browser that knows nothing yet for each test. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { after } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { complaintsOf, launchBrowser, launchPersistent } from "../browser-launch.mjs";
import { LIMIT } from "./until.mjs";

const OUTPUT = fileURLToPath(new URL("../../test-output/", import.meta.url));

/** The package under test: `pkg/` as `cargo xtask pack` leaves it, or the directory that QMGR_PKG names. */
export const PKG = process.env.QMGR_PKG ?? fileURLToPath(new URL("../../pkg/", import.meta.url));

/** The one browser of this process, for the tests that need no disk. */
let browser;
after(() => browser?.then((started) => started.close()));

/**
 * Opens a page in a browser that knows nothing yet, and closes it after the test. An error on the console that none of
 * `expected` matches fails the test.
 *
 * @param {import("node:test").TestContext} test
 * @param {string} url
 * @param {object} [options]
 * @param {RegExp[]} [options.expected]  console errors that belong to the test, such as the browser's own on a 404
 * @param {string} [options.prelude]  a script to run before the page's own
 * @param {boolean} [options.onDisk]  what the page keeps goes to a disk, as a person's browser does it: this takes a
 *   browser of its own. Otherwise it is kept in memory, in a browser that all tests of the process share.
 * @param {{ close: () => Promise<void> }[]} [options.servers]  what is closed after the page, though it could not be opened
 */
export async function visit(test, url, { expected = [], prelude, onDisk = false, servers = [] } = {}) {
  let close = () => {};
  const complaints = [];
  const listening = new Map();
  const listen = (page) => listening.set(page, complaintsOf(page));
  test.after(async () => {
    await close();
    for (const server of servers) await server.close();
    complaints.push(...[...listening.values()].flat().filter((text) => !expected.some((known) => known.test(text))));
    assert.deepEqual(complaints, [], "the console is clean");
  });
  const opened = onDisk ? await newBrowser() : await newContext();
  const { context } = opened;
  close = opened.close;
  context.pages().forEach(listen);
  context.on("page", listen);
  const page = context.pages()[0] ?? await context.newPage();
  // The empty page that a new tab begins with has less than the page that it is meant for.
  if (prelude) await context.addInitScript({ path: prelude });
  page.setDefaultTimeout(LIMIT);
  await page.goto(url);
  return page;
}

/** A browser of its own, with an empty profile. */
async function newBrowser() {
  const profile = await mkdtemp(join(tmpdir(), "qmgr-profile-"));
  const context = await launchPersistent(profile);
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Nothing but the program is shared with other contexts of the browser. */
async function newContext() {
  browser ??= launchBrowser();
  const context = await (await browser).newContext();
  return { context, close: () => context.close() };
}

/** Keeps a picture of the page as test output. */
export async function keepPicture(page, name) {
  await mkdir(OUTPUT, { recursive: true });
  await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true });
}
