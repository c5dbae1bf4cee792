import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

test("a CommonJS program imports the package", async (t) => {
  const project = await projectWith(t, { "common.cjs": "common.cjs" });
  assert.equal(await outputOf(project, "common.cjs"), "QM_STATUS_GROUP_COMPLETE\n");
});

test("the program in the package's README runs", async (t) => {
  const project = await projectWith(t, {});
  await writeSample(project);
  const origin = await serve(t, project);
  const readme = await readFile(join(project, "node_modules/qmgr/README.md"), "utf8");
  const [, program] = /```js\n(.*?)```/s.exec(readme);
  await writeFile(join(project, "readme.js"), program.replace("https://example.com/model.bin", `${origin}/sample.bin`));
  assert.match(await outputOf(project, "readme.js"), /^model\.bin 3000000$/m);
});
