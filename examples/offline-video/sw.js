// An import map is the page's: here the package is named by its path.
import { serveFiles } from "./node_modules/qmgr/service-worker.js";

const prefix = new URL("films/", self.registration.scope).pathname;
serveFiles({ prefix, name: "films" });

/** What the page itself needs without a network. */
const SHELL = ["./", "main.js", ...["index.js", "worker.js", "qmgr_bg.wasm", "service-worker.js"].map((file) => `node_modules/qmgr/${file}`)];

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin === self.origin && !pathname.startsWith(prefix)) event.respondWith(fromNetworkOrShell(event.request));
});

async function keepShell() {
  const shell = await caches.open("shell");
  await shell.addAll(SHELL);
  await self.skipWaiting();
}

async function fromNetworkOrShell(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request, { ignoreSearch: true });
    if (kept === undefined) throw error;
    return kept;
  }
}
