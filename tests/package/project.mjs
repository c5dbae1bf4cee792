/** Projects that have installed the packed tarball (QMGR_TARBALL), each in a folder of its own. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const programs = fileURLToPath(new URL("programs/", import.meta.url));

/**
 * Makes a project with the package and with `files`: names of files and folders in `programs/`, by the path they
 * get in the project. It is removed when the test `t` ends.
 */
export async function projectWith(t, files) {
  const tarball = process.env.QMGR_TARBALL;
  if (!tarball) throw new Error("QMGR_TARBALL names no tarball: run `cargo xtask test --only package`");
  const directory = await mkdtemp(join(tmpdir(), "qmgr-project-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
  for (const [path, name] of Object.entries(files)) {
    await cp(join(programs, name), join(directory, path), { recursive: true });
  }
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", tarball], { cwd: directory });
  return directory;
}

/** What a program of the project prints, parsed as JSON. */
export async function outputOf(directory, program, ...argument) {
  const { stdout, stderr } = await run(process.execPath, [program, ...argument], { cwd: directory, timeout: 30_000 });
  if (stderr !== "") throw new Error(`${program} complains: ${stderr}`);
  return JSON.parse(stdout);
}
