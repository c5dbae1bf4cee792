/**
 * The laboratory's server where the page lies on a plain web host: the scripted server of `lab/server/`, in a service
 * worker. It answers `control/` and `lab/files/` below the page, and the whole of a site that is nowhere else
 * (`OTHER_ORIGIN`); every other request of the page goes where it always went.
 */
import { FILES, OTHER_ORIGIN } from "./lab/addresses.js";
import { answer } from "./lab/server/answer.js";
import { bytesOf } from "./lab/server/content.js";
import { carryOut, isTarget, RefusedError } from "./lab/server/control.js";
import { ScriptedFile } from "./lab/server/file.js";
import { RequestLog } from "./lab/server/log.js";
import { ResponseWire } from "./lab/server/response-wire.js";
import { send } from "./lab/server/send.js";

/** Browsers end an idle service worker when they like, so what it serves is kept here. */
const KEPT = "qmgr-laboratory";
const SCOPE = new URL(registration.scope);
const CONTROL = `${SCOPE.pathname}control/`;

/** What any page may read of another site's answer without being told so. */
const OPEN_HEADERS = ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];

// Ids grow from one life of this worker to the next.
const log = new RequestLog({ keep: 500, after: Date.now() });
const restored = restore();

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const path = pathOf(url);
  if (path?.startsWith(FILES)) event.respondWith(serve(event.request, url, path));
  else if (url.origin === SCOPE.origin && url.pathname.startsWith(CONTROL)) {
    const target = decodeURIComponent(url.pathname.slice(CONTROL.length));
    if (isTarget(target)) event.respondWith(control(event.request, url, target));
  }
});

/** A file's path, as the scripted server names it: without the directory that the page lies in. */
function pathOf({ origin, pathname }) {
  if (origin === OTHER_ORIGIN) return decodeURIComponent(pathname);
  if (origin !== SCOPE.origin || !pathname.startsWith(SCOPE.pathname)) return null;
  return decodeURIComponent(pathname.slice(SCOPE.pathname.length - 1));
}

async function serve(request, url, path) {
  const file = (await restored).get(path);
  if (!file) return new Response("not found\n", { status: 404 });
  const asked = { method: request.method, url: request.url, headers: Object.fromEntries(request.headers) };
  const entry = log.open(asked, path);
  const step = file.takeStep();
  void keep();
  const script = file.with(step);
  const plan = answer(file, script, asked);
  if (url.origin === OTHER_ORIGIN && request.mode === "cors") {
    const readable = readableBy(script);
    if (readable === null) {
      log.close(entry, "cut");
      return Response.error();
    }
    plan.headers = plan.headers.filter(([name]) => readable.includes(name.toLowerCase()));
  }
  if (request.method === "HEAD") plan.length = 0;
  if (script.connect === "accept") log.answered(entry, plan);
  const gone = new AbortController();
  const wire = new ResponseWire(gone);
  send(wire, plan, () => file.with(step), (bytes) => log.sent(entry, bytes), gone.signal).then(
    (end) => log.close(entry, end),
    () => log.close(entry, "client"),
  );
  return wire.response.catch(() => Response.error());
}

/** The headers that the answer of another site lets a page read; null when it lets it read nothing at all. */
function readableBy({ cors }) {
  if (!cors) return null;
  return [...OPEN_HEADERS, ...(cors.expose ?? []).map((name) => name.toLowerCase())];
}

async function control(request, url, target) {
  const files = await restored;
  const after = Number(url.searchParams.get("after") ?? 0);
  const asked = { method: request.method, target, after, body: () => request.json() };
  try {
    const value = await carryOut(asked, { files, log, make: (path, script) => new ScriptedFile(path, script, { bytesOf }) });
    if (request.method !== "GET") await keep();
    return reply(200, value);
  } catch (error) {
    return reply(error instanceof RefusedError ? error.status : 400, { error: error.message });
  }
}

function reply(status, value) {
  return new Response(JSON.stringify(value), {
    status, headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}

async function restore() {
  const response = await (await caches.open(KEPT)).match(SCOPE.href);
  const kept = response ? await response.json() : [];
  return new Map(kept.map(([path, script, taken]) => [path, new ScriptedFile(path, script, { bytesOf }, taken)]));
}

async function keep() {
  const files = [...await restored].map(([path, file]) => [path, file.script, file.taken]);
  await (await caches.open(KEPT)).put(SCOPE.href, new Response(JSON.stringify(files)));
}
