/**
 * Looks into a published file. What a server sent is never run: pictures, sound and film are shown by the elements
 * made for them, text as text, and the rest as a hex dump.
 */
import { element, setText } from "./element.js";
import { bytes, day } from "./format.js";

const dialog = document.querySelector("#viewer");
const facts = document.querySelector("#viewer-facts");
const body = document.querySelector("#viewer-body");

const TEXT_SHOWN = 16_384;
const HEX_SHOWN = 512;
/** So many bytes a line, that their letters can be seen, too. */
const narrow = matchMedia("(max-width: 40rem)");
/** Hashing reads the whole file into memory. */
const HASHED = 512 * 1024 * 1024;

/** Opens the dialog for a file: its record and its bytes. */
export function viewFile(stored, file) {
  setText(document.querySelector("#viewer-title"), stored.localFile);
  facts.replaceChildren(
    fact("Size", `${bytes(stored.size)} (${stored.size.toLocaleString("en")} bytes)`),
    fact("Type", stored.type || "none given"),
    fact("Last modified", day(new Date(stored.lastModified))),
    fact("ETag", stored.etag ?? "none given"),
    fact("From", stored.remoteFile),
    fact("SHA-256", hashOf(file)));
  const url = URL.createObjectURL(file);
  body.replaceChildren(view(stored.type, file, url));
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    URL.revokeObjectURL(url);
  }, { once: true });
  dialog.showModal();
}

function fact(name, value) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, value));
}

function view(type, file, url) {
  if (/^image\//.test(type)) return element("img", { src: url, alt: "" });
  if (/^video\//.test(type)) return element("video", { src: url, controls: true });
  if (/^audio\//.test(type)) return element("audio", { src: url, controls: true });
  const pre = element("pre", { tabIndex: 0 }, "reading");
  const isText = /^text\/|[/+](json|xml)\b/.test(type);
  const shown = file.slice(0, isText ? TEXT_SHOWN : HEX_SHOWN);
  const reading = isText ? shown.text() : shown.arrayBuffer().then((buffer) => dump(new Uint8Array(buffer)));
  reading.then((text) => setText(pre, text || "(empty)"), (error) => setText(pre, error.message));
  return pre;
}

function dump(data) {
  const lines = [];
  const width = narrow.matches ? 8 : 16;
  for (let at = 0; at < data.length; at += width) {
    const row = data.subarray(at, at + width);
    const numbers = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(3 * width - 1);
    const letters = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${numbers}  ${letters}`);
  }
  return lines.join("\n");
}

function hashOf(file) {
  if (file.size > HASHED) return "too large to hash here";
  const result = element("span", { id: "viewer-hash" });
  const button = element("button", { type: "button", className: "quiet", id: "hash" }, "Compute");
  button.addEventListener("click", async () => {
    setText(button, "Reading");
    try {
      const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      setText(result, Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""));
      button.remove();
    } catch (error) {
      setText(result, error.message);
      setText(button, "Compute");
    }
  });
  return element("span", {}, button, result);
}
