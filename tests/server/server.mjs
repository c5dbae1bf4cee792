/**
 * A web server for tests and for the playground, whose every file follows a script (`www/lab/server/script.js`).
 *
 *     const server = await startServer({ files: { "/a.bin": { size: 5e9, bytesPerSecond: 1e6 } } });
 *     await fetch(`${server.origin}/a.bin`);
 *     server.file("/a.bin").update({ version: 2 });
 *     server.log.gets("/a.bin")[0].range;
 *     await server.close();
 */
import { createServer } from "node:http";
import { once } from "node:events";
import { extname } from "node:path";
import sirv from "sirv";
import { answer } from "../../www/lab/server/answer.js";
import { corsHeaders, preflight } from "../../www/lab/server/cors.js";
import { RequestLog } from "../../www/lab/server/log.js";
import { send } from "../../www/lab/server/send.js";
import { control } from "./control.mjs";
import { ScriptedFile } from "./file.mjs";
import { wireFor } from "./wire.mjs";

/** What documents that are files are. */
const TYPES = { ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".map": "application/json" };

/**
 * Starts a server on two ports, which are two origins with the same files.
 *
 * @param {object} [options]
 * @param {Record<string, object>} [options.files]  scripts by path, see `www/lab/server/script.js`
 * @param {Record<string, string>} [options.mounts]  directories by the path they are served under, each ending in `/`
 * @param {Record<string, unknown>} [options.documents]  small documents by path: HTML as text, the bytes of a file that is
 *   typed by its name, anything else as JSON
 * @param {number} [options.port]  of the first origin; 0 for a free one
 * @param {string} [options.host]
 */
export async function startServer({ files = {}, mounts = {}, documents = {}, port = 0, host = "127.0.0.1" } = {}) {
  const scripted = new Map(Object.entries(files).map(([path, script]) => [path, new ScriptedFile(path, script)]));
  const log = new RequestLog();
  const statics = Object.entries(mounts)
    .sort(([a], [b]) => b.length - a.length)
    .map(([base, directory]) => ({ base, serve: sirv(directory, { dev: true }) }));

  const handle = (request, response) => {
    const path = pathOf(request.url);
    respond(request, response, path).catch((error) => response.destroy(error));
  };

  async function respond(request, response, path) {
    if (path === null) return plain(response, 400, "malformed path");
    const file = scripted.get(path);
    if (file) return serveScripted(request, response, path, file);
    if (await control(request, response, path, scripted, log)) return undefined;
    if (Object.hasOwn(documents, path)) return document(response, path, documents[path]);
    return serveStatic(request, response, path);
  }

  async function serveScripted(request, response, path, file) {
    const entry = log.open(request, path);
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    if (request.method === "OPTIONS") {
      const { status, headers } = preflight(file.script, request);
      log.answered(entry, { status, version: null });
      response.writeHead(status, headers.flat()).end();
      log.close(entry, "complete");
      return;
    }
    const step = file.takeStep();
    const script = file.with(step);
    const plan = answer(file, script, request);
    plan.headers.push(...corsHeaders(script, request));
    if (request.method === "HEAD") plan.length = 0;
    if (script.connect === "accept") log.answered(entry, plan);
    const wire = wireFor(request, response, plan, script);
    log.close(entry, await send(wire, plan, () => file.with(step), (bytes) => log.sent(entry, bytes), gone.signal));
  }

  function serveStatic(request, response, path) {
    const mount = statics.find(({ base }) => path.startsWith(base));
    if (!mount) return plain(response, 404, "not found");
    request.url = request.url.slice(mount.base.length - 1);
    return mount.serve(request, response, () => plain(response, 404, "not found"));
  }

  const servers = [createServer(handle), createServer(handle)];
  const ports = [port, 0];
  for (const [index, server] of servers.entries()) {
    server.listen(ports[index], host);
    await once(server, "listening");
  }
  const [origin, crossOrigin] = servers.map((server) => `http://${hostname(host)}:${server.address().port}`);

  return {
    origin,
    crossOrigin,
    log,
    /** Scripted files by path. */
    files: scripted,
    /** The file at a path, which must exist. */
    file(path) {
      const file = scripted.get(path);
      if (!file) throw new Error(`no scripted file at ${path}`);
      return file;
    },
    /** Adds or replaces a file. */
    put(path, script) {
      const file = new ScriptedFile(path, script);
      scripted.set(path, file);
      return file;
    },
    async close() {
      await Promise.all(servers.map(async (server) => {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      }));
    },
  };
}

/** The path of a request target, decoded; null where it is malformed or tries to climb. */
function pathOf(target) {
  let path;
  try {
    path = decodeURIComponent(target.split("?", 1)[0]);
  } catch {
    return null;
  }
  if (!path.startsWith("/") || path.includes("\0") || path.split(/[/\\]/).includes("..")) return null;
  return path;
}

function hostname(host) {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** Asked for anew each time; a browser may keep the page itself, which `no-store` would forbid. */
function document(response, path, value) {
  const [type, content] = value instanceof Uint8Array ? [TYPES[extname(path)], value]
    : typeof value === "string" ? ["text/html; charset=utf-8", value]
    : ["application/json", JSON.stringify(value)];
  response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-cache" }).end(content);
}

function plain(response, status, text) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
