/** Where browsers are killed: a server, and a profile that outlives them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchKillable } from "../browser-launch.mjs";
import { startServer } from "../server/server.mjs";
import { PKG } from "../page/visit.mjs";
import { mend } from "./mend.mjs";

const BLANK = "<!doctype html><link rel=icon href=data:,><title>blank</title>";
const PRELUDE = fileURLToPath(new URL("../page/in-page.js", import.meta.url));

export async function place(t) {
  const server = await startServer({ mounts: { "/pkg/": PKG }, documents: { "/blank": BLANK } });
  const profile = await mkdtemp(join(tmpdir(), "qmgr-kills-"));
  let browser;
  let torn = 0;
  t.after(async () => {
    await browser?.kill();
    await server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    server,
    /** Starts the browser and opens the page; `hear` is told each line that the page writes to its console. */
    async open(hear = () => {}) {
      browser = await launchKillable(profile);
      const { context } = browser;
      await context.addInitScript({ path: PRELUDE });
      const page = context.pages()[0] ?? await context.newPage();
      page.on("console", (message) => hear(message.text()));
      await page.goto(`${server.origin}/blank`);
      return page;
    },
    async kill() {
      const victim = browser;
      browser = undefined;
      await victim.kill();
      torn += await mend(profile);
    },
    /** How often a kill has torn a log of the browser's own. */
    torn: () => torn,
  };
}
