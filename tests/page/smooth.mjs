#!/usr/bin/env node
/**
 * Records the playground with 500 groups while somebody scrolls, searches, opens groups and resumes all of them, and
 * prints the longest tasks of its main thread: `node tests/page/smooth.mjs`. What is counted is the thread's own time on
 * the processor, so that a busy machine does not show in it. Also prints how soon the page can be used after a reload, and
 * how much it asks the server for.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchPersistent } from "../browser-launch.mjs";
import { startPlayground } from "../server/playground.mjs";
import { GROUPS, fillQueue } from "./many-groups.mjs";
import { ready } from "./playground.mjs";

const LIMIT = 50;
/** Odd, so that one of them is the median. */
const LOADS = 9;

/** Records while `act` runs; returns the own time in ms of each task of the page's main thread, the longest first. */
async function record(page, act) {
  const client = await page.context().newCDPSession(page);
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel", "devtools.timeline", "__metadata"] } });
  await act();
  await client.send("Tracing.end");
  await complete;
  const mains = new Set(events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`));
  return events
    .filter(({ name, ph, pid, tid, tdur }) => name.endsWith("RunTask") && ph === "X" && tdur !== undefined && mains.has(`${pid} ${tid}`))
    .map(({ tdur }) => tdur / 1000)
    .sort((a, b) => b - a);
}

/** Reloads; returns when the frame was there in which the page could be used, in ms, and the number of requests. */
async function load(page) {
  await page.reload();
  return page.waitForFunction(() => globalThis.usable).then((usable) => usable.jsonValue());
}

/** Runs in the page, before its own program: to ask it again and again from outside would find out later than a person. */
function watchForUse() {
  new MutationObserver((_, observer) => {
    if (!document.body?.dataset.ready) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      globalThis.usable = { time: performance.now(), requests: performance.getEntriesByType("resource").length + 1 };
    }));
  }).observe(document, { attributeFilter: ["data-ready"], subtree: true });
}

async function use(page) {
  const list = page.locator("#groups");
  await list.hover({ position: { x: 100, y: 100 } });
  for (let step = 0; step < 40; step += 1) await page.mouse.wheel(0, 600);
  await page.locator("#search").pressSequentially("group 4", { delay: 40 });
  await page.locator("#search").press("Control+A");
  await page.locator("#search").press("Delete");
  for (const index of [3, 7, 11]) await page.locator("#groups [data-field=name]").nth(index).click();
  await page.locator('[data-filter="suspended"]').click();
  await page.locator('[data-filter="all"]').click();
  await page.locator('[data-all="resume"]').click();
  await page.waitForFunction((most) => Number(document.querySelector('[data-filter="complete"] .count').textContent) >= most, 50, { timeout: 120_000 });
  await page.locator("#search").pressSequentially("many/4", { delay: 40 });
}

const server = await startPlayground();
const profile = await mkdtemp(join(tmpdir(), "smooth-"));
const context = await launchPersistent(profile);
try {
  for (let index = 0; index < GROUPS; index += 1) server.put(`/many/${index}.bin`, { size: 10_000 });
  const [page] = context.pages();
  await page.goto(server.origin);
  await ready(page);
  await page.addInitScript(watchForUse);
  const loads = [];
  for (let round = 0; round < LOADS; round += 1) loads.push(await load(page));
  const times = loads.map(({ time }) => time.toFixed(0)).sort((a, b) => a - b);
  console.log(`usable after ${times[(LOADS - 1) / 2]} ms (median of ${LOADS} warm loads of an empty queue, ${times[0]} to ${times.at(-1)} ms), ${loads[0].requests} requests`);
  await fillQueue(page, server.origin);
  const tasks = { "loading 500 groups": () => page.reload().then(() => ready(page)), "using 500 groups": () => use(page) };
  for (const [what, act] of Object.entries(tasks)) {
    const times = await record(page, act);
    const [longest] = times;
    console.log(`${what}: ${times.length} tasks, the longest ${times.slice(0, 3).map((time) => time.toFixed(1)).join(", ")} ms of own time: ${longest < LIMIT ? "below" : "NOT below"} ${LIMIT} ms`);
  }
} finally {
  await context.close();
  await server.close();
  await rm(profile, { recursive: true, force: true });
}
