/** The Cache API: `put` of the whole response. */
import { fetchBody } from "../opfs.js";

const NAME = "bench";

export async function download(url, name) {
  const cache = await caches.open(NAME);
  await cache.put(`/${name}`, await fetchBody(url));
}

export async function open(name) {
  const cache = await caches.open(NAME);
  return (await cache.match(`/${name}`)).blob();
}

export async function remove() {
  await caches.delete(NAME);
}
