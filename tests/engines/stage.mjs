/**
 * Pages in the browser engine that QMGR_ENGINE names, driven over WebDriver, which all of them speak.
 *
 * The tests ask the same of each engine. Where one lacks something, `engine` says so: `stores`, the places in which its
 * pages can keep bytes, the one that it chooses first; `keepsProfiles`, whether a browser that starts anew finds what the
 * one before it kept.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Builder, Capabilities } from "selenium-webdriver";
import { findFreePort } from "selenium-webdriver/net/portprober.js";
import { DriverService } from "selenium-webdriver/remote/index.js";
import { PKG } from "../page/visit.mjs";
import { startServer } from "../server/server.mjs";

const ENGINES = {
  chromium: {
    driver: "chromedriver",
    stores: ["opfs", "indexeddb"],
    keepsProfiles: true,
    capabilities: (profile) => ({
      browserName: "chrome",
      "goog:chromeOptions": {
        binary: process.env.QMGR_CHROMIUM ?? "/usr/bin/chromium",
        args: ["--headless", "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...(profile ? [`--user-data-dir=${profile}`] : [])],
      },
    }),
  },
  firefox: {
    driver: "geckodriver",
    stores: ["opfs", "indexeddb"],
    keepsProfiles: true,
    capabilities: (profile) => ({ browserName: "firefox", "moz:firefoxOptions": { args: ["-headless", ...(profile ? ["-profile", profile] : [])] } }),
  },
  webkit: {
    driver: "WebKitWebDriver",
    stores: ["indexeddb"],
    keepsProfiles: false,
    capabilities: () => ({ browserName: "MiniBrowser" }),
  },
};

/** The engine under test. */
export const engine = ENGINES[process.env.QMGR_ENGINE];
if (!engine) throw new Error(`QMGR_ENGINE names none of ${Object.keys(ENGINES).join(", ")}: run \`cargo xtask test --only engines\``);

const PAGE = `<!doctype html><link rel="icon" href="data:,"><title>engines</title>
<script>
  globalThis.complaints = [];
  addEventListener("error", ({ message }) => complaints.push(message));
  addEventListener("unhandledrejection", ({ reason }) => complaints.push(String(reason)));
</script>
<script src="/page/in-page.js"></script>`;

/** A browser with windows, of which a test opens as many as it wants. */
export class Browser {
  #service;
  #driver;
  /** The first window, which stays empty: a browser ends with its last one. */
  #home;
  /** A driver speaks to one window at a time, so what is asked of several waits for its turn. */
  #turn = Promise.resolve();

  /** Starts one that knows nothing yet, or what it kept in the directory `profile`. */
  static async start(profile) {
    const browser = new Browser();
    const port = await findFreePort("127.0.0.1");
    browser.#service = new DriverService(engine.driver, { loopback: true, port, args: [`--port=${port}`] });
    browser.#driver = await new Builder().usingServer(await browser.#service.start()).withCapabilities(new Capabilities(engine.capabilities(profile))).build();
    browser.#home = await browser.#driver.getWindowHandle();
    await browser.#driver.manage().setTimeouts({ script: 90_000, pageLoad: 60_000 });
    return browser;
  }

  /** Its name and version, as it gives them. */
  async version() {
    const capabilities = await this.#driver.getCapabilities();
    return `${capabilities.get("browserName")} ${capabilities.get("browserVersion")}`;
  }

  /** Opens a window. */
  async open(url) {
    const window = await this.take(async (driver) => {
      await driver.switchTo().window(this.#home);
      await driver.switchTo().newWindow("tab");
      return driver.getWindowHandle();
    });
    const page = new Page(this, window);
    await page.goto(url);
    return page;
  }

  /** Does something with the driver while nobody else does. */
  take(work) {
    const done = this.#turn.then(() => work(this.#driver));
    this.#turn = done.catch(() => {});
    return done;
  }

  async close() {
    if (this.#service.isRunning()) await this.take((driver) => driver.quit()).finally(() => this.#service.kill());
  }

  /** Kills the browser's process, which cannot write anything down any more. */
  async kill() {
    const capabilities = await this.#driver.getCapabilities();
    process.kill(capabilities.get("moz:processID") ?? capabilities.get("goog:processID"), "SIGKILL");
    await this.#driver.quit().catch(() => {});
    await this.#service.kill();
  }
}

/** A window. */
class Page {
  #browser;
  #window;

  constructor(browser, window) {
    this.#browser = browser;
    this.#window = window;
  }

  #take(work) {
    return this.#browser.take(async (driver) => {
      await driver.switchTo().window(this.#window);
      return work(driver);
    });
  }

  goto(url) {
    return this.#take((driver) => driver.get(url));
  }

  reload() {
    return this.#take((driver) => driver.navigate().refresh());
  }

  back() {
    return this.#take((driver) => driver.navigate().back());
  }

  close() {
    return this.#take((driver) => driver.close());
  }

  /** What a function says in the page, of one argument; both are plain data. The function may be asynchronous. */
  async evaluate(run, argument = null) {
    const script = `const done = arguments[1], argument = arguments[0];
      Promise.resolve().then(() => (${run})(argument)).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.#take((driver) => driver.executeAsyncScript(script, argument));
    if (error) throw new Error(`in the page: ${error}`);
    return value;
  }
}

/** A server with these files, whose origin no page has seen before, and windows on it. */
export async function stage(t, browser, files = {}) {
  const server = await startServer({
    files,
    mounts: { "/pkg/": PKG, "/page/": fileURLToPath(new URL("../page/", import.meta.url)) },
    documents: { "/blank": PAGE, "/away": PAGE },
  });
  const pages = new Set();
  t.after(async () => {
    const complaints = [];
    for (const page of pages) {
      complaints.push(...await page.evaluate(() => complaints));
      await page.close();
    }
    await server.close();
    assert.deepEqual(complaints, [], "no page complains");
  });
  return {
    server,
    /** Opens a page; it is closed at the end, unless the test does. */
    open: async (path = "/blank") => {
      const page = await browser.open(server.origin + path);
      pages.add(page);
      return page;
    },
    close: async (page) => {
      pages.delete(page);
      await page.close();
    },
  };
}
