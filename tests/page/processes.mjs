/** The processes of a running browser, to stop and to kill. */
import assert from "node:assert/strict";
import { until } from "./until.mjs";

/** The process in which a page and its workers run: the one that burns time when the page does. */
export async function rendererOf(page) {
  const session = await page.context().browser().newBrowserCDPSession();
  const times = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return new Map(processInfo.filter(({ type }) => type === "renderer").map(({ id, cpuTime }) => [id, cpuTime]));
  };
  const before = await times();
  const found = await until("a process that works for the page", async () => {
    await page.evaluate(() => {
      const end = performance.now() + 50;
      while (performance.now() < end);
    });
    const after = await times();
    return [...after].find(([id, time]) => time - (before.get(id) ?? 0) > 0.5)?.[0];
  });
  await session.detach();
  return found;
}

/** Stops a page's process, as a system does that lacks memory or power; it goes on after the test at the latest. */
export async function freeze(t, page) {
  const renderer = await rendererOf(page);
  assert.notEqual(renderer, process.pid);
  process.kill(renderer, "SIGSTOP");
  let isFrozen = true;
  const thaw = () => {
    if (isFrozen) process.kill(renderer, "SIGCONT");
    isFrozen = false;
  };
  t.after(thaw);
  return thaw;
}

/** Kills a page's process; returns when, in ms since the epoch. */
export async function kill(page) {
  const renderer = await rendererOf(page);
  const at = Date.now();
  process.kill(renderer, "SIGKILL");
  return at;
}
