import { bundle } from "./bundle.mjs";
import { sampleFiles, sampleIndex } from "./samples.mjs";
import { startServer } from "./server.mjs";
import { PKG, siteMounts } from "./site.mjs";

/** Starts the scripted server with the page, the package and the samples on it. */
export async function startPlayground({ port = 0, host = "127.0.0.1", pkg = PKG, files = {} } = {}) {
  const index = sampleIndex();
  const documents = { "/samples.json": index };
  /** Takes up what was changed in the sources. */
  const refresh = async () => {
    for (const [path, contents] of await bundle()) documents[`/${path}`] = Buffer.from(contents);
  };
  await refresh();
  const server = await startServer({
    port,
    host,
    files: { ...sampleFiles(), ...files },
    mounts: siteMounts(pkg),
    documents,
  });
  // The page's laboratory looks for this; where it is missing, a service worker takes the server's place.
  index.lab = { otherOrigin: server.crossOrigin };
  return { ...server, refresh };
}
