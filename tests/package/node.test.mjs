import assert from "node:assert/strict";
import { test } from "node:test";
import { outputOf, projectWith } from "./project.mjs";
import { assertDownloaded, serve, writeSample } from "./sample.mjs";

test("a program of Node.js downloads a file into memory", async (t) => {
  const project = await projectWith(t, { "download.js": "download.js", "node.js": "node.js" });
  await writeSample(project);
  const origin = await serve(t, project);
  const report = await outputOf(project, "node.js", `${origin}/sample.bin`);
  assertDownloaded(JSON.parse(report), "memory");
});

test("a CommonJS program imports the package, and requires it, and has it once", async (t) => {
  const project = await projectWith(t, { "common.cjs": "common.cjs" });
  assert.equal(await outputOf(project, "common.cjs"), "QM_STATUS_GROUP_COMPLETE true true\n");
});
