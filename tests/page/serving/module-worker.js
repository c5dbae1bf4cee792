import { serveFiles } from "/pkg/service-worker.js";

serveFiles({ prefix: "/files/", timeout: 2000 });
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
