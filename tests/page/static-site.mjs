/** The playground as the files of a plain web server, below some path and under a policy as strict as it can be. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sirv from "sirv";
import { assembleSite } from "../server/site.mjs";
import { PKG } from "./visit.mjs";

/** The page may be framed by itself only, and frame itself only: the laboratory's tabs are such frames. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob:; "
  + "media-src blob:; connect-src http: https:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
  + "require-trusted-types-for 'script'";
const BASE = "/some/where/";

/** Assembles the site and serves it with headers of its own, and nothing else. Close it after the pages that it served. */
export async function startStaticSite() {
  const directory = await mkdtemp(join(tmpdir(), "site-"));
  await assembleSite(directory, PKG);
  const files = sirv(directory, { setHeaders: (response) => response.setHeader("Content-Security-Policy", POLICY) });
  const server = createServer((request, response) => {
    const missing = () => response.writeHead(404).end();
    if (!request.url.startsWith(BASE)) return missing();
    request.url = request.url.slice(BASE.length - 1);
    return files(request, response, missing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${server.address().port}${BASE}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await rm(directory, { recursive: true });
    },
  };
}
