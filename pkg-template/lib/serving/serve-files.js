// Answers requests under a prefix from the files of a queue.
import { answerHead } from "./answer.js";
import { fetchedFile, Unavailable } from "./fetched.js";
import { localFileOf } from "./paths.js";
import { publishedFile } from "./published.js";

/** How long an engine may take to answer, in milliseconds. */
const TIMEOUT = 10_000;

/** @param {{ prefix: string, name?: string, timeout?: number }} options */
export function serveFiles({ prefix, name = "default", timeout = TIMEOUT }) {
  const base = new URL(prefix, self.location.href);
  if (!base.pathname.endsWith("/")) throw new TypeError(`the prefix ${prefix} does not end with a slash`);
  self.addEventListener("fetch", (event) => {
    const localFile = localFileOf(event.request.url, base);
    if (localFile !== undefined) event.respondWith(answer(event.request, { name, timeout }, localFile));
  });
}

/** The answer, whatever happens: a rejection would be a network error, of which nobody sees the reason. */
async function answer(request, queue, localFile) {
  let file;
  try {
    file = localFile === null ? undefined : await find(queue, localFile);
    if (file === undefined) return plain(404, "there is no such file");
    const { status, headers, span } = answerHead(request.method, request.headers, file.facts, Date.now());
    if (span === null) file.close?.();
    const body = span === null ? null : await file.body(span.start, span.end);
    return new Response(body, { status, headers });
  } catch (error) {
    file?.close?.();
    const status = error instanceof Unavailable ? error.status : 500;
    return plain(status, `the file cannot be read: ${error?.message ?? error}`);
  }
}

/** A file that is there whole, or else one that is being fetched. */
async function find(queue, localFile) {
  return (
    (await publishedFile(queue.name, localFile)) ??
    (await fetchedFile(queue, localFile)) ??
    // It was published while the engine was asked.
    publishedFile(queue.name, localFile)
  );
}

function plain(status, sentence) {
  return new Response(`${sentence}\n`, { status, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}
