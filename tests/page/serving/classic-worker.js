importScripts("/pkg/service-worker.classic.js");

qmgr.serveFiles({ prefix: "/files/", timeout: 2000 });
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
