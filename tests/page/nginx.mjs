/**
 * A real nginx for one test: its configuration, its files and its log in a directory of their own, on a free port.
 *
 * | path | what it is |
 * |---|---|
 * | `/files/<name>?rate=<bytes/s>` | files of the test, with strong `ETag` and `Last-Modified`, as fast as `rate` says |
 * | `/unproven/<name>?rate=…` | the same without validators |
 * | `/pkg/` | the package under test |
 * | `/blank` | an empty page of the same origin |
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveByNginx } from "../nginx.mjs";
import { until } from "./until.mjs";

/** Starts nginx over some files (`{ name: Buffer }`) and stops it after the test. */
export async function startNginx(test, { files, pkg }) {
  const directory = await mkdtemp(join(tmpdir(), "qmgr-nginx-"));
  const served = join(directory, "files");
  await mkdir(served);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(served, name), bytes);
  const locations = `
    location /files/ { alias ${served}/; limit_rate $rate; }
    location /unproven/ { alias ${served}/; limit_rate $rate; etag off; add_header Last-Modified ""; }
    location /pkg/ { alias ${pkg.replace(/\/?$/, "/")}; }
    location = /blank { default_type text/html; return 200 "<!doctype html><link rel=icon href=data:,><title>blank</title>"; }
  `;
  const { origin, requests, scratch, stop } = await serveByNginx({ directory, locations });
  test.after(async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    origin,
    /** The requests for a path that have ended, oldest first. */
    requests,
    /** Waits until so many requests for a path have ended, and returns them. */
    ended: (path, count, limit) => until(`${count} requests for ${path} have ended`, async () => {
      const found = await requests(path);
      return found.length >= count && found;
    }, limit),
    /** Puts another version in a file's place at one stroke, as a deployment does. */
    async replace(name, bytes) {
      await writeFile(join(scratch, name), bytes);
      await rename(join(scratch, name), join(served, name));
    },
  };
}
