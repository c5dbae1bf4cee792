/** Projects that have installed the packed tarball (QMGR_TARBALL), each in a folder of its own. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const programs = fileURLToPath(new URL("programs/", import.meta.url));

/** The one project of this process that npm has installed into; the others are copies of it. */
let installed;
after(() => installed?.then((directory) => rm(directory, { recursive: true, force: true }), () => {}));

async function install() {
  const tarball = process.env.QMGR_TARBALL;
  if (!tarball) throw new Error("QMGR_TARBALL names no tarball: run `cargo xtask test --only package`");
  const directory = await mkdtemp(join(tmpdir(), "qmgr-installed-"));
  await writeFile(join(directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", tarball], { cwd: directory });
  return directory;
}

/**
 * Makes a project with the package and with `files`: names of files and folders in `programs/`, by the path they
 * get in the project. Its programs import `entry`. It is removed when the test `t` ends.
 */
export async function projectWith(t, files, { entry = "qmgr" } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "qmgr-project-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  installed ??= install();
  await cp(await installed, directory, { recursive: true });
  for (const [path, name] of Object.entries(files)) {
    const copy = join(directory, path);
    await cp(join(programs, name), copy, { recursive: true });
    if (entry !== "qmgr" && path.endsWith(".js")) {
      await writeFile(copy, (await readFile(copy, "utf8")).replace('from "qmgr"', `from "${entry}"`));
    }
  }
  return directory;
}

/** What a program of the project prints; it may not complain. */
export async function outputOf(directory, program, ...argument) {
  const { stdout, stderr } = await run(process.execPath, [program, ...argument], { cwd: directory, timeout: 30_000 });
  if (stderr !== "") throw new Error(`${program} complains: ${stderr}`);
  return stdout;
}
