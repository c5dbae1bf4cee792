import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PLAY = fileURLToPath(new URL("play.mjs", import.meta.url));

/** A directory that stands for the built package. */
async function packageDirectory(t) {
  const directory = await mkdtemp(join(tmpdir(), "scripted-"));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "index.js"), "export {};\n");
  return directory;
}

test("the command prints an address that has the page, the package and the samples", async (t) => {
  const command = spawn(process.execPath, [PLAY, "--port", "0", "--pkg", await packageDirectory(t)]);
  t.after(() => command.kill());
  const [printed] = await once(command.stdout.setEncoding("utf8"), "data");
  const address = /http:\S+/.exec(printed)[0];
  const get = (path) => fetch(new URL(path, address));

  assert.match(await (await get("./")).text(), /<h1>/);
  assert.match((await get("qmgr/index.js")).headers.get("content-type"), /^text\/javascript/);
  const { samples } = await (await get("samples.json")).json();
  assert.deepEqual(samples.map(({ size }) => size), [65_536, 5 << 20, 64 << 20, 262_144]);

  const broken = samples.find(({ mend }) => mend);
  assert.equal((await get(broken.url)).status, 404);
  await fetch(new URL(broken.control, address), { method: "PATCH", body: JSON.stringify(broken.mend), headers: { "Content-Type": "application/json" } });
  assert.equal((await get(broken.url)).status, 200);
});

test("without a built package the command says what to run", async () => {
  const command = spawn(process.execPath, [PLAY, "--pkg", join(tmpdir(), "there-is-nothing-here")]);
  const [said, [code]] = await Promise.all([text(command.stderr), once(command, "exit")]);
  assert.match(said, /cargo xtask pack/);
  assert.equal(code, 1);
});
