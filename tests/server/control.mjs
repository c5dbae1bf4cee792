/**
 * The control path of `www/lab/server/control.js`, `/control/`. It answers its own origin only: bodies must be JSON,
 * which another origin may not send without leave.
 */
import { json } from "node:stream/consumers";
import { carryOut, isTarget, RefusedError } from "../../www/lab/server/control.js";
import { ScriptedFile } from "./file.mjs";

const CONTROL = "/control/";

/** Answers a control request; false when it is none. */
export async function control(request, response, path, files, log) {
  const target = path.slice(CONTROL.length);
  if (!path.startsWith(CONTROL) || !isTarget(target)) return false;
  const after = Number(new URL(request.url, "http://localhost").searchParams.get("after") ?? 0);
  const asked = { method: request.method, target, after, body: () => body(request) };
  try {
    reply(response, 200, await carryOut(asked, { files, log, make: (name, script) => new ScriptedFile(name, script) }));
  } catch (error) {
    reply(response, error instanceof RefusedError ? error.status : 400, { error: error.message });
  }
  return true;
}

async function body(request) {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) throw new RefusedError(415, "JSON only");
  return json(request);
}

function reply(response, status, value) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(value));
}
