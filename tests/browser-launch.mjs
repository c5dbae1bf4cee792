/**
 * Starts the Chromium that `cargo xtask` found (QMGR_CHROMIUM), for every test that drives a page.
 *
 * The browser fetches nothing on its own account, so a test sees its own requests only.
 */
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
