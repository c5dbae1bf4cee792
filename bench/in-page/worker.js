/** The worker of the contestants that need one, or are at their best in one. */
import * as cache from "./contestants/cache.js";
import * as hashingLoop from "./contestants/hashing-loop.js";
import * as hub from "./contestants/hub.js";
import * as ipull from "./contestants/ipull.js";
import * as loop from "./contestants/loop.js";
import * as pipe from "./contestants/pipe.js";

const contestants = { cache, hashingLoop, hub, ipull, loop, pipe };

self.addEventListener("message", async ({ data: { contestant, method, args, port } }) => {
  try {
    port.postMessage({ value: await contestants[contestant][method]?.(...args) });
  } catch (error) {
    port.postMessage({ error });
  }
});
