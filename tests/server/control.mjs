/**
 * The server's behaviour over HTTP, for a page that wants to play with it:
 *
 *     GET    /control/files            { path: script, … }
 *     PUT    /control/files/<path>     a script: makes or replaces the file
 *     PATCH  /control/files/<path>     some keys of it
 *     DELETE /control/files/<path>
 *     GET    /control/log?after=<id>   [entry, …]
 *     DELETE /control/log
 *
 * It answers its own origin only: bodies must be JSON, which another origin may not send without leave.
 */
import { json } from "node:stream/consumers";
import { ScriptedFile } from "./file.mjs";

const FILES = "/control/files";

/** Answers a control request; false when it is none. */
export async function control(request, response, path, files, log) {
  if (path !== "/control/log" && path !== FILES && !path.startsWith(`${FILES}/`)) return false;
  try {
    reply(response, 200, await carryOut(request, path, files, log));
  } catch (error) {
    reply(response, error instanceof RefusedError ? error.status : 400, { error: error.message });
  }
  return true;
}

class RefusedError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function carryOut(request, path, files, log) {
  const { method } = request;
  if (path === "/control/log") {
    if (method === "DELETE") {
      log.clear();
      return {};
    }
    const after = Number(new URL(request.url, "http://localhost").searchParams.get("after") ?? 0);
    return log.entries().filter(({ id }) => id > after);
  }
  if (path === FILES) return Object.fromEntries([...files].map(([name, file]) => [name, file.script]));
  const name = path.slice(FILES.length);
  switch (method) {
    case "GET": break;
    case "PATCH": known(files, name).update(await body(request)); break;
    case "PUT": files.set(name, new ScriptedFile(name, await body(request))); break;
    case "DELETE": {
      const { script } = known(files, name);
      files.delete(name);
      return script;
    }
    default: throw new RefusedError(405, `${method} is not for files`);
  }
  return known(files, name).script;
}

function known(files, name) {
  const file = files.get(name);
  if (!file) throw new RefusedError(404, `no such file: ${name}`);
  return file;
}

async function body(request) {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) throw new RefusedError(415, "JSON only");
  return json(request);
}

function reply(response, status, value) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(value));
}
