import { sampleFiles, sampleIndex } from "./samples.mjs";
import { startServer } from "./server.mjs";
import { PKG, siteMounts } from "./site.mjs";

/** Starts the scripted server with the page, the package and the samples on it. */
export function startPlayground({ port = 0, host = "127.0.0.1", pkg = PKG, files = {} } = {}) {
  return startServer({
    port,
    host,
    files: { ...sampleFiles(), ...files },
    mounts: siteMounts(pkg),
    documents: { "/samples.json": sampleIndex() },
  });
}
