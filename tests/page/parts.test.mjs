/** The parts of the page that need no browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { coalesced } from "../../www/app/coalesced.js";
import { readAddresses } from "../../www/app/local-names.js";

test("a text is parted into addresses and what is none", () => {
  const cases = {
    "": [[], []],
    "nothing here": [[], ["nothing", "here"]],
    "https://a/1\r\nhttps://a/2 https://a/3": [["https://a/1", "https://a/2", "https://a/3"], []],
    "# a remark with https://a/1\nhttps://a/2#part": [["https://a/2#part"], []],
    "The model: <https://a/m.gguf>, and \"https://a/n.gguf\".": [["https://a/m.gguf", "https://a/n.gguf"], ["The", "model:", "and"]],
    "name,https://a/1;https://a/2,\n": [["https://a/1", "https://a/2"], ["name"]],
    "https://a/1,2;v=3": [["https://a/1,2;v=3"], []],
    "example.com/a.bin ftp://a/1 example.com": [["example.com/a.bin", "ftp://a/1", "example.com"], []],
    "That is all. And so on...": [[], ["That", "is", "all.", "And", "so", "on..."]],
  };
  for (const [text, [addresses, others]] of Object.entries(cases)) assert.deepEqual(readAddresses(text), { addresses, others }, text);
});

test("what is asked for while a task runs is one more run, also after one that failed", async () => {
  const runs = [];
  const task = coalesced(() => new Promise((resolve, reject) => runs.push({ resolve, reject })));
  const first = task();
  assert.equal(task(), first);
  task();
  assert.equal(runs.length, 1);
  runs[0].resolve();
  await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(runs.length, 2);
  runs[1].reject(new Error("failed"));
  await assert.rejects(first, /failed/);
  const next = task();
  assert.equal(runs.length, 3);
  runs[2].resolve();
  await next;
});
