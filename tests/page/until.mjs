/** Waiting for conditions instead of for time. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** What a machine may take, in ms, that has much else to do; a test that waits so long has failed. */
export const LIMIT = 60_000;

/** Asks again and again until the answer is true, and returns it; fails after `limit` ms. */
export async function until(what, ask, limit = LIMIT) {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) assert.fail(`not within ${limit} ms: ${what}`);
    await sleep(25);
  }
}
