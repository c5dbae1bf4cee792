import { sampleFiles, sampleIndex } from "./samples.mjs";
import { startServer } from "./server.mjs";
import { PKG, siteMounts } from "./site.mjs";

/** Starts the scripted server with the page, the package and the samples on it. */
export async function startPlayground({ port = 0, host = "127.0.0.1", pkg = PKG, files = {} } = {}) {
  const index = sampleIndex();
  const server = await startServer({
    port,
    host,
    files: { ...sampleFiles(), ...files },
    mounts: siteMounts(pkg),
    documents: { "/samples.json": index },
  });
  // The page's laboratory looks for this; where it is missing, a service worker takes the server's place.
  index.lab = { otherOrigin: server.crossOrigin };
  return server;
}
