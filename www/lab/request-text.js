import { bytes } from "../app/format.js";

const ENDS = { complete: "complete", cut: "cut", client: "left by the client" };

/** What the server was asked and what it did, in one line. */
export function requestText({ method, range, ifRange, status, sent, end }) {
  const asked = `${method} ${range ?? "whole file"}${ifRange ? " if unchanged" : ""}`;
  return `${asked} → ${status ?? "no answer"}, ${bytes(sent)}, ${end === null ? "on its way" : ENDS[end]}`;
}
