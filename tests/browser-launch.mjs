/**
 * Starts the Chromium that `cargo xtask` found (QMGR_CHROMIUM), for every test that drives a page.
 *
 * The browser fetches nothing on its own account, so a test sees its own requests only.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const options = {
  executablePath: process.env.QMGR_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** A browser whose contexts forget everything when they close. */
export function launchBrowser() {
  return chromium.launch(options);
}

/**
 * A browser context whose storage stays in `directory` and is found again by the next launch with it. It keeps pages in
 * the back/forward cache as a person's browser does.
 */
export function launchPersistent(directory) {
  return chromium.launchPersistentContext(directory, { ...options, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
}

/**
 * A browser as in `launchPersistent`, which `kill()` ends as a power cut would: its processes get SIGKILL, all at once.
 * Resolves when all of them are gone.
 */
export async function launchKillable(directory) {
  const { executablePath, args } = options;
  const own = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${directory}`, "--password-store=basic", "about:blank"];
  // A process group of its own, so that its id names all of the browser's processes and no others.
  const child = spawn(executablePath, [...args, ...own], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  const address = await new Promise((found, failed) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      const address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address) found(address);
    });
    ended.then(() => failed(new Error("the browser ended before it listened")));
  });
  const browser = await chromium.connectOverCDP(address);
  return {
    context: browser.contexts()[0],
    async kill() {
      process.kill(-child.pid, "SIGKILL");
      await ended;
    },
  };
}

/**
 * Collects what goes wrong in `page`: errors nobody caught, and errors on its console.
 * A test ends with `assert.deepEqual(complaints, [])`.
 */
export function complaintsOf(page) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}
