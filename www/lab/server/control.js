/**
 * The server's behaviour over HTTP, for a page that wants to play with it. Under the control path:
 *
 *     GET    files            { path: script, … }
 *     PUT    files/<path>     a script: makes or replaces the file
 *     PATCH  files/<path>     some keys of it
 *     DELETE files/<path>
 *     GET    log?after=<id>   [entry, …]
 *     DELETE log
 */

/** A request that is not carried out, and the status to say so. */
export class RefusedError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Carries out a control request and returns what to answer, as JSON.
 *
 * @param {{ method: string, target: string, after: number, body: () => Promise<object> }} request  `target` is what
 *   follows the control path: `log`, `files` or `files/<path>`
 * @param {{ files: Map<string, ScriptedFile>, log: RequestLog, make: (path: string, script: object) => ScriptedFile }} server
 */
export async function carryOut({ method, target, after, body }, { files, log, make }) {
  if (target === "log") {
    if (method === "DELETE") {
      log.clear();
      return {};
    }
    return log.entries().filter(({ id }) => id > after);
  }
  if (target === "files") return Object.fromEntries([...files].map(([path, file]) => [path, file.script]));
  const path = target.slice("files".length);
  switch (method) {
    case "GET": break;
    case "PATCH": known(files, path).update(await body()); break;
    case "PUT": files.set(path, make(path, await body())); break;
    case "DELETE": {
      const { script } = known(files, path);
      files.delete(path);
      return script;
    }
    default: throw new RefusedError(405, `${method} is not for files`);
  }
  return known(files, path).script;
}

/** Whether something that follows the control path is a target. */
export function isTarget(target) {
  return target === "log" || target === "files" || target.startsWith("files/");
}

function known(files, path) {
  const file = files.get(path);
  if (!file) throw new RefusedError(404, `no such file: ${path}`);
  return file;
}
