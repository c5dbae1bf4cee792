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
 * `fetch` may ask for parts, also offline. A file that is still being fetched is served as it comes, what is asked for
 * first, while a page has the queue open; its body ends in an error when its group fails or is cancelled.
 *
 * | status | when |
 * |---|---|
 * | 200, 206, 304, 412, 416 | as RFC 9110 says |
 * | 404 | there is no such file, and no group fetches one |
 * | 405 | the method is neither GET nor HEAD |
 * | 500 | the file cannot be read; the body says why |
 * | 502 | the group that fetches it is in error; the body says which |
 * | 504 | no page has the queue open, or the file's server has not answered, within `timeout` |
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
