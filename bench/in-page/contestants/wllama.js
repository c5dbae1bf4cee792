/** `@wllama/wllama`: its cache manager, through the worker that it starts. */
import { CacheManager } from "@wllama/wllama";

const urls = new Map();

export async function download(url, name) {
  urls.set(name, url);
  await new CacheManager().download(url);
}

export function open(name) {
  return new CacheManager().open(urls.get(name));
}

export function remove(name) {
  return new CacheManager().delete(urls.get(name));
}
