/** The guides of `docs/`: complete, and their programs run. */
import assert from "node:assert/strict";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { outputOf, projectWith } from "../package/project.mjs";
import { serve, writeSample } from "../package/sample.mjs";

const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const blocks = (text, language) => [...text.matchAll(/```(\w+)\n(.*?)```/gs)].filter(([, found]) => found === language).map(([, , code]) => code);

test("the guide from qmgr.h has each method of the header once, in C++ and with its name in JavaScript", async () => {
  const guide = await read("docs/from-qmgr-h.md");
  const interfaces = JSON.parse(await read("tests/conformance/interfaces.json"));
  const known = interfaces.flatMap(({ name, methods }) => methods.map((method) => ({ title: `${name}::${method.name}`, ...method })));
  const sections = guide.split(/^### /m).slice(1);
  assert.deepEqual(sections.map((section) => section.slice(0, section.indexOf("\n"))).sort(), known.map(({ title }) => title).sort());
  assert.equal(known.length, 39);
  for (const { title, name, javascript } of known) {
    const section = sections.find((found) => found.startsWith(`${title}\n`));
    const [cpp] = blocks(section, "cpp");
    assert.match(cpp, new RegExp(`\\b${name}\\(`), title);
    const member = /^\w+/.exec(javascript)[0];
    assert.match(section, new RegExp(`\\b${member}\\b`), title);
  }
});

test("the JavaScript of the guide from qmgr.h is a program that runs", async (t) => {
  const { project, origin } = await projectWithSample(t);
  await writeFile(join(project, "guide.js"), localised(blocks(await read("docs/from-qmgr-h.md"), "js").join("\n"), origin));
  const lines = (await outputOf(project, "guide.js")).trim().split("\n");
  assert.equal(lines.at(-1), "Models 100 true true true");
});

test("the lines that take the place of the loop run as they stand", async (t) => {
  const { project, origin } = await projectWithSample(t);
  const [, same] = (await read("docs/from-fetch.md")).split("## The same lines here");
  const program = `const bar = {};\n${blocks(same, "js").join("\n")}\nconsole.log(bar.value);\nawait queue.close();`;
  await writeFile(join(project, "guide.js"), localised(program, origin));
  assert.equal(await outputOf(project, "guide.js"), "3000000 140\n1\n");
});

test("the README's size is the one that the tests hold the package to, and its links lead somewhere", async () => {
  const [, limit] = /LIMIT: u32 = ([\d_]+);/.exec(await read("xtask/src/size.rs"));
  const readme = await read("pkg-template/README.md");
  assert.ok(readme.includes(`is under ${Number(limit.replaceAll("_", "")) / 1000} KB in brotli`), limit);
  for (const page of ["README.md", "pkg-template/README.md", "docs/README.md", "docs/from-fetch.md", "docs/from-qmgr-h.md", "examples/README.md"]) {
    for (const [, target] of (await read(page)).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      await access(new URL(target, new URL(`../../${page}`, import.meta.url)));
    }
  }
});

async function projectWithSample(t) {
  const project = await projectWith(t, {});
  await writeSample(project);
  return { project, origin: await serve(t, project) };
}

function localised(program, origin) {
  const address = "https://example.com/model.bin";
  assert.ok(program.includes(address));
  return program.replaceAll(address, `${origin}/sample.bin`);
}
