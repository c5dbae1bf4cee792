/** Signed URLs, which the program gives before each request, through the package in Node.js. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { outputOf, projectWith } from "./project.mjs";

test("a program signs each request", async (t) => {
  const project = await projectWith(t, { "fresh.js": "fresh.js" });
  const { isWhole, seen, asked, refused } = JSON.parse(await outputOf(project, "fresh.js"));
  assert.ok(isWhole);
  assert.deepEqual(seen, [["/file.bin", "1", "k", "bytes=0-"], ["/file.bin", "2", "k", "bytes=40000-"]]);
  const what = [true, true, true, { fileIndex: 0, localFile: "/file.bin" }];
  assert.deepEqual(asked, [what, what]);
  assert.equal(refused, "E_INVALIDARG");
});
