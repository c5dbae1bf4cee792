/**
 * Where everything is measured: one nginx, one headless Chromium with a profile on disk, and a fresh page for each run.
 *
 * | path | what it is |
 * |---|---|
 * | `/files/<name>?rate=<bytes/s>` | the files, each connection as fast as `rate` says |
 * | `/bench/files/resolve/main/<name>` | the same, as the hub of `@huggingface/hub` names them |
 * | `/pkg/`, `/bench/` | the package, and the contestants' bundles |
 * | `/blank` | an empty page |
 */
import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { complaintsOf, launchPersistent } from "../tests/browser-launch.mjs";
import { serveByNginx } from "../tests/nginx.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** No other disk traffic of ours may be left when the clock starts. */
const PAUSE = 200;

/** Whoever is not done after so many milliseconds never will be. */
const LIMIT = 120_000;

/** @param {{ directory: string, files: string, pkg: string }} places  `directory` is the bench's own and is emptied */
export async function openStage({ directory, files, pkg }) {
  await rm(directory, { recursive: true, force: true });
  const [bundles, packaged, web, profile] = ["bundles", "pkg", "nginx", "profile"].map((name) => join(directory, name));
  await mkdir(web, { recursive: true });
  // A copy: another command may build while this one measures.
  await cp(pkg, packaged, { recursive: true });
  await bundle(bundles);
  const nginx = await serveByNginx({
    directory: web,
    settings: "sendfile on; tcp_nopush on;",
    // Nobody gains or loses by the browser's own cache, but the package's code is in it.
    locations: `
      add_header Cache-Control no-store;
      location /files/ { alias ${files}/; limit_rate $rate; }
      location /bench/files/resolve/main/ { alias ${files}/; }
      location /bench/ { alias ${bundles}/; }
      location /pkg/ { alias ${packaged}/; add_header Cache-Control "max-age=86400, immutable"; }
      location = /blank { default_type text/html; return 200 "<!doctype html><link rel=icon href=data:,><title>blank</title>"; }
    `,
  });
  const context = await launchPersistent(profile);

  return {
    version: context.browser().version(),

    /** Where a file of `files` is fetched from. */
    address: ({ name }) => `${nginx.origin}/files/${name}`,

    /**
     * Gives `use` a page that has just been opened, on a system at rest, and closes it, at the latest when its time is
     * over. What looks like an error on its console is printed.
     */
    async visit(use, { bare = false } = {}) {
      const page = await context.newPage();
      const complaints = complaintsOf(page);
      const done = new AbortController();
      try {
        await page.goto(`${nginx.origin}/blank`);
        if (!bare) await page.evaluate(() => import("/bench/main.js"));
        await rest(page);
        return await Promise.race([use(page), overtime(done.signal)]);
      } finally {
        done.abort();
        await page.close();
        for (const complaint of complaints) console.error(`  the console: ${complaint}`);
      }
    },

    rest,

    async close() {
      await context.close();
      await nginx.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Rejects when the time of a run is over. */
async function overtime(signal) {
  await sleep(LIMIT, undefined, { signal });
  throw new Error(`not done after ${LIMIT / 1e3} s`);
}

/** Waits for the disk, and lets the page drop its garbage. */
async function rest(page) {
  await promisify(execFile)("sync");
  await page.requestGC();
  await sleep(PAUSE);
}

function bundle(outdir) {
  return build({
    entryPoints: ["main", "sequence", "worker"].map((name) => here(`in-page/${name}.js`)),
    outdir,
    bundle: true,
    format: "esm",
    logLevel: "warning",
    external: ["/pkg/index.js"],
    // Its manifest names the build for browsers in a way that bundlers do not follow.
    alias: { "@huggingface/hub": here("node_modules/@huggingface/hub/dist/browser/index.mjs") },
  });
}
