import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { QueueManager } from "qmgr";
import { Models } from "./models.js";

const BASE = "https://models.example/";
const BYTES = new TextEncoder().encode("weights and biases");

/** A queue in memory over a server that is a function, and what that server was asked for. */
async function memory(t, answer) {
  const asked = [];
  const queue = await QueueManager.open({
    name: t.name,
    storage: "memory",
    retry: { minimumDelay: 1, maximumDelay: 1 },
    async fetch(url, init) {
      asked.push(url);
      return answer(url, init);
    },
  });
  t.after(() => queue.close());
  return { models: new Models(queue, BASE), asked };
}

test("a model is fetched once", async (t) => {
  const { models, asked } = await memory(t, () => new Response(BYTES));
  assert.equal(await (await models.open("small.bin")).text(), "weights and biases");
  assert.equal((await models.open("small.bin")).size, BYTES.length);
  assert.deepEqual(asked, [`${BASE}small.bin`]);
});

test("a server that is busy is asked again", async (t) => {
  let failures = 2;
  const { models, asked } = await memory(t, () => failures-- > 0 ? new Response(null, { status: 503 }) : new Response(BYTES));
  assert.equal((await models.open("small.bin")).size, BYTES.length);
  assert.equal(asked.length, 3);
});

test("a model that is not there says so, and is asked for anew next time", async (t) => {
  const { models, asked } = await memory(t, () => new Response(null, { status: 404 }));
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(models.open("none.bin"), { code: "BG_E_HTTP_ERROR_404", httpStatus: 404 });
  }
  assert.equal(asked.length, 2);
});

test("bytes that are not those that were meant never become a model", async (t) => {
  const { models } = await memory(t, () => new Response("something else"));
  const integrity = `sha256-${createHash("sha256").update(BYTES).digest("base64")}`;
  await assert.rejects(models.open("small.bin", { integrity }), { code: "BG_E_VALIDATION_FAILED" });
});
