/** Which queue's files are served, and where. */
export interface ServeOptions {
  /**
   * A path within the service worker's scope that ends with a slash, for example `"/files/"`. Only requests for URLs
   * below it are answered; all others are left to the page's own listeners and to the network.
   */
  prefix: string;
  /** The queue, as `QueueManager.open` names it. Default `"default"`. */
  name?: string;
  /**
   * Milliseconds to wait for an engine, which a page has to have opened, where a file is not published. Default 10000.
   */
  timeout?: number;
}

/**
 * Serves the files of a queue: adds a listener for `fetch`. To be called while the service worker's script runs for the
 * first time, as for every listener of a service worker.
 *
 * `/files/models/a.bin` is the file whose `localFile` is `/models/a.bin`; {@link fileUrl} spells the URL of any path.
 * `Range`, `If-Range` and the other preconditions of RFC 9110 are honoured, so that media elements seek and a
 * `fetch` may ask for parts, also offline.
 *
 * @example
 * // sw.js, registered with { type: "module" }
 * import { serveFiles } from "qmgr/service-worker";
 * serveFiles({ prefix: "/files/" });
 *
 * @example
 * // sw.js, registered as a classic script
 * importScripts("/node_modules/qmgr/service-worker.classic.js");
 * qmgr.serveFiles({ prefix: "/files/" });
 *
 * @throws {TypeError} When the prefix does not end with a slash.
 */
export function serveFiles(options: ServeOptions): void;

/**
 * The URL of a file under a prefix.
 *
 * @example
 * video.src = fileUrl("/films/a b.mp4", "/files/"); // "/files/films/a%20b.mp4"
 */
export function fileUrl(localFile: string, prefix: string): string;
