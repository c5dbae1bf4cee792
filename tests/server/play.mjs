#!/usr/bin/env node
/** Serves the playground, the built package and sample files: `node tests/server/play.mjs [--port N] [--host H]`. */
import { existsSync, watch } from "node:fs";
import { parseArgs } from "node:util";
import { WWW } from "./bundle.mjs";
import { startPlayground } from "./playground.mjs";
import { PKG } from "./site.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8080" },
    host: { type: "string", default: "127.0.0.1" },
    /** Where the built package is; `pkg/` of the repository by default. */
    pkg: { type: "string", default: PKG },
  },
});

if (!existsSync(values.pkg)) {
  console.error(`There is no built package in ${values.pkg}: run "cargo xtask pack", or "cargo xtask play" for both.`);
  process.exit(1);
}
try {
  const { origin, refresh } = await startPlayground({ port: Number(values.port), host: values.host, pkg: values.pkg });
  // Whoever changes the page sees it after a reload; what cannot be joined yet is said by the bundler.
  watch(WWW, { recursive: true }, () => refresh().catch(() => {}));
  console.log(`The playground is at ${origin}/`);
} catch (error) {
  console.error(error.code === "EADDRINUSE" ? `Port ${values.port} is taken: give another with --port.` : error.message);
  process.exit(1);
}
