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
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./visit.mjs";

/** Starts nginx over some files (`{ name: Buffer }`) and stops it after the test. */
export async function startNginx(test, { files, pkg }) {
  const directory = await mkdtemp(join(tmpdir(), "qmgr-nginx-"));
  const [served, scratch] = [join(directory, "files"), join(directory, "scratch")];
  await mkdir(served);
  await mkdir(scratch);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(served, name), bytes);
  const port = await freePort();
  const config = join(directory, "nginx.conf");
  const access = join(directory, "access.log");
  const errors = join(directory, "error.log");
  await writeFile(config, configuration({ port, served, scratch, access, errors, pkg }));

  const server = spawn(executable(), ["-p", directory, "-e", errors, "-c", config], { stdio: "ignore" });
  const ended = once(server, "exit");
  test.after(async () => {
    server.kill("SIGTERM");
    await ended;
    await rm(directory, { recursive: true, force: true });
  });
  await until("nginx listens", async () => {
    if (server.exitCode !== null) throw new Error(`nginx ended: ${await readFile(errors, "utf8")}`);
    return listens(port);
  });

  const requests = async (path) => existsSync(access)
    ? (await readFile(access, "utf8")).split("\n").filter(Boolean).map((line) => JSON.parse(line)).filter((entry) => entry.path === path)
    : [];
  return {
    origin: `http://127.0.0.1:${port}`,
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

function configuration({ port, served, scratch, access, errors, pkg }) {
  return `
    daemon off;
    master_process off;
    pid ${scratch}/nginx.pid;
    error_log ${errors};
    events { worker_connections 256; }
    http {
      log_format json escape=json '{"path":"$uri","method":"$request_method","range":"$http_range","ifRange":"$http_if_range",'
        '"status":$status,"sent":$body_bytes_sent,"whole":"$request_completion","endedAt":$msec}';
      access_log ${access} json;
      client_body_temp_path ${scratch}/body;
      proxy_temp_path ${scratch}/proxy;
      fastcgi_temp_path ${scratch}/fastcgi;
      uwsgi_temp_path ${scratch}/uwsgi;
      scgi_temp_path ${scratch}/scgi;
      types { text/html html; text/javascript js mjs; application/wasm wasm; application/json json; }
      default_type application/octet-stream;
      map $arg_rate $rate { default $arg_rate; "" 0; }
      server {
        listen 127.0.0.1:${port};
        location /files/ { alias ${served}/; limit_rate $rate; }
        location /unproven/ { alias ${served}/; limit_rate $rate; etag off; add_header Last-Modified ""; }
        location /pkg/ { alias ${pkg.replace(/\/?$/, "/")}; }
        location = /blank { default_type text/html; return 200 "<!doctype html><link rel=icon href=data:,><title>blank</title>"; }
      }
    }
  `;
}

function executable() {
  const named = process.env.QMGR_NGINX;
  if (named) return named;
  const found = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"].find(existsSync);
  return found ?? execFileSync("which", ["nginx"], { encoding: "utf8" }).trim();
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
