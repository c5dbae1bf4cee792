// Answers requests under a prefix from the files of a queue.
import { answerHead } from "./answer.js";
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
  try {
    const file = localFile === null ? undefined : await publishedFile(queue.name, localFile);
    if (file === undefined) return plain(404, "there is no such file");
    const { status, headers, span } = answerHead(request.method, request.headers, file.facts, Date.now());
    const body = span === null ? null : await file.body(span.start, span.end);
    return new Response(body, { status, headers });
  } catch (error) {
    return plain(500, `the file cannot be read: ${error?.message ?? error}`);
  }
}

function plain(status, sentence) {
  return new Response(`${sentence}\n`, { status, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}
