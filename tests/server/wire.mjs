/**
 * Two ways to put an answer on the wire, with one face: `head`, `write` (resolves when more may follow),
 * `end` (resolves with whether all of it went out), `cut` (after what was written, but for a reset).
 * Node's own response for what HTTP allows; the bare socket for what Node would refuse or mend.
 */
import { once } from "node:events";

/** Chooses the way that can send such an answer. */
export function wireFor(request, response, plan, script) {
  const framed = Object.keys(script.headers).some((name) => /^(content-length|transfer-encoding|connection)$/i.test(name));
  const lies = script.length === "twice" || script.length === "text" || typeof script.length === "number" || plan.framing === "close";
  const old = script.http === "1.0" || script.connect !== "accept";
  return framed || lies || old ? new SocketWire(request, script.http) : new ResponseWire(response);
}

class ResponseWire {
  constructor(response) {
    this.response = response;
  }
  head(status, headers) {
    this.response.writeHead(status, headers.flat());
    this.response.flushHeaders();
  }
  write(bytes) {
    return drained(this.response, this.response.write(bytes));
  }
  end() {
    return flushed(this.response);
  }
  cut(how) {
    const { socket } = this.response;
    if (how === "reset") socket?.resetAndDestroy();
    else socket?.destroySoon();
  }
}

class SocketWire {
  constructor(request, version) {
    this.socket = request.socket;
    this.version = version;
  }
  head(status, headers) {
    const lines = [...headers, ["Date", new Date().toUTCString()], ["Connection", "close"]].map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`HTTP/${this.version} ${status} By script\r\n${lines.join("")}\r\n`);
  }
  write(bytes) {
    return drained(this.socket, this.socket.write(bytes));
  }
  end() {
    return flushed(this.socket);
  }
  cut(how) {
    if (how === "reset") this.socket.resetAndDestroy();
    else this.socket.destroySoon();
  }
}

async function drained(stream, goOn) {
  if (goOn || stream.destroyed) return;
  const stop = new AbortController();
  await Promise.race([
    once(stream, "drain", { signal: stop.signal }),
    once(stream, "close", { signal: stop.signal }),
  ]).catch(() => {});
  stop.abort();
}

function flushed(stream) {
  return new Promise((resolve) => {
    stream.once("close", () => resolve(false));
    stream.end(() => resolve(true));
  });
}
