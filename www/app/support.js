/** What this browser lacks, told before anything fails for want of it. */
import { setText } from "./element.js";

const NEEDED = [
  ["modules", () => "noModule" in HTMLScriptElement.prototype],
  ["a secure address (https, or localhost)", () => isSecureContext],
  ["WebAssembly", () => "WebAssembly" in globalThis],
  ["workers", () => "Worker" in globalThis],
  ["streams (ReadableStream)", () => "ReadableStream" in globalThis],
  ["IndexedDB", () => "indexedDB" in globalThis],
  ["Web Locks", () => "locks" in navigator],
  ["BroadcastChannel", () => "BroadcastChannel" in globalThis],
];

const WELCOME = [
  ["the origin private file system; files are kept in IndexedDB, which is slower", () => "getDirectory" in (navigator.storage ?? {})],
];

/** `{ needed, welcome }`: the names of what is missing. */
export function lacking() {
  const missing = (list) => list.filter(([, there]) => !there()).map(([name]) => name);
  return { needed: missing(NEEDED), welcome: missing(WELCOME) };
}

/** Puts a sentence on top of the page: `kind` is `"failure"` or `"hint"`. */
export function tell(kind, text) {
  const notice = document.querySelector("#lacking");
  notice.dataset.kind = kind;
  notice.hidden = false;
  setText(notice, text);
}
