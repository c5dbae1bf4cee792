/** A real nginx on a free port, for what a server written for tests would not show. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Starts nginx, which keeps its configuration, its log and its scratch files in `directory`. Every location may limit
 * its speed by the query `?rate=<bytes/s>`, with `limit_rate $rate`.
 *
 * @param {object} options
 * @param {string} options.directory  an existing one
 * @param {string} options.locations  the `location` blocks of its one server
 * @param {string} [options.settings]  more of the `http` block
 */
export async function serveByNginx({ directory, locations, settings = "" }) {
  const scratch = join(directory, "scratch");
  await mkdir(scratch, { recursive: true });
  const [config, access, errors] = ["nginx.conf", "access.log", "error.log"].map((name) => join(directory, name));
  const port = await freePort();
  await writeFile(config, configuration({ port, scratch, access, errors, locations, settings }));
  const server = spawn(executable(), ["-p", directory, "-e", errors, "-c", config], { stdio: "ignore" });
  const ended = once(server, "exit");
  const end = () => server.kill("SIGTERM");
  // A program that is interrupted stops nothing itself.
  process.once("exit", end);
  while (!(await listens(port))) {
    if (server.exitCode !== null) throw new Error(`nginx ended: ${await readFile(errors, "utf8")}`);
    await sleep(25);
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    scratch,
    /** The requests for a path that have ended, oldest first. */
    async requests(path) {
      if (!existsSync(access)) return [];
      const lines = (await readFile(access, "utf8")).split("\n").filter(Boolean);
      return lines.map((line) => JSON.parse(line)).filter((entry) => entry.path === path);
    },
    async stop() {
      process.off("exit", end);
      end();
      await ended;
    },
  };
}

function configuration({ port, scratch, access, errors, locations, settings }) {
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
      ${settings}
      server {
        listen 127.0.0.1:${port};
        ${locations}
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
