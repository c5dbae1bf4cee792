const CHUNK = 256 * 1024;
/** A slow body comes in about so many pieces a second. */
const PIECES = 20;

/**
 * Sends a planned answer the way its script wants it. `live()` gives the script as it stands, so that a body on its
 * way can be slowed down, stalled or cut; `sent` is told of each piece. Resolves with how it ended: `"complete"`, `"cut"` or `"client"`.
 */
export async function send(wire, plan, live, sent, gone) {
  await pause(live().delay, gone);
  if (gone.aborted) return "client";
  const { connect } = live();
  if (connect !== "accept") {
    if (connect === "garbage") await wire.write("\x16\x03\x01 this is no HTTP\r\n\r\n");
    wire.cut(connect === "reset" ? "reset" : "close");
    return "cut";
  }
  wire.head(plan.status, plan.headers);

  let at = 0;
  for (;;) {
    const { bytesPerSecond, cutAfter, stallAfter, cut, cutWait } = live();
    if (gone.aborted) return "client";
    if (cutAfter !== null && at >= cutAfter) {
      await pause(cutWait, gone);
      if (gone.aborted) return "client";
      wire.cut(cut);
      return "cut";
    }
    if (at >= plan.length) break;
    if (stallAfter !== null && at >= stallAfter) {
      await pause(50, gone);
      continue;
    }
    const piece = bytesPerSecond > 0 ? Math.max(1, Math.min(CHUNK, Math.floor(bytesPerSecond / PIECES))) : CHUNK;
    const next = Math.min(plan.length, at + piece, cutAfter ?? Infinity, stallAfter === null ? Infinity : Math.max(stallAfter, at + 1));
    await wire.write(await plan.bytes(at, next));
    sent(next - at);
    if (bytesPerSecond > 0) await pause((1000 * (next - at)) / bytesPerSecond, gone);
    at = next;
  }
  return await wire.end() ? "complete" : "client";
}

/** Waits, or less long when the other side goes away. */
function pause(milliseconds, gone) {
  if (milliseconds <= 0 || gone.aborted) return undefined;
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      gone.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    gone.addEventListener("abort", end);
  });
}
