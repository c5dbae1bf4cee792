/** The files of the rows: scripts of `tests/server`, each row's under a directory of its own. */
import { answer } from "../../../www/lab/server/answer.js";
import { sha256Of } from "../../server/content.mjs";
import { ScriptedFile } from "../../server/file.mjs";
import { ResponseWire } from "../../../www/lab/server/response-wire.js";
import { send } from "../../../www/lab/server/send.js";

/** Makes a file, or changes its script. */
export function serve(files, path, changes) {
  const file = files.get(path);
  if (file === undefined) files.set(path, new ScriptedFile(path, changes));
  else file.update(changes);
}

/** Every version up to the present one of the files in a directory. */
export function contents(files, directory) {
  return [...files].filter(([path]) => path.startsWith(`${directory}/`)).flatMap(([path, { script }]) =>
    Array.from({ length: script.version }, (_, index) => ({
      path: path.slice(directory.length),
      version: index + 1,
      sha256: sha256Of(script.seed ?? path, index + 1, script.size),
    })));
}

/** A `fetch` that answers as the scripted server does, without a network. */
export function fetchFrom(files) {
  return async (input, init) => {
    const request = new Request(input, init);
    const file = files.get(decodeURIComponent(new URL(request.url).pathname));
    if (file === undefined) return new Response("not found", { status: 404 });
    const step = file.takeStep();
    const script = file.with(step);
    const plan = answer(file, script, { headers: Object.fromEntries(request.headers) });
    const gone = new AbortController();
    const wire = new ResponseWire(gone);
    request.signal.addEventListener("abort", () => {
      gone.abort();
      wire.fail(request.signal.reason);
    });
    // What the caller gave up may no longer be written to; that ends the sending.
    send(wire, plan, () => file.with(step), () => {}, gone.signal).catch((error) => wire.fail(error));
    return Object.defineProperty(await wire.response, "url", { value: request.url });
  };
}
