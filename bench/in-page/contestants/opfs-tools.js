/** `opfs-tools`: `write` of the body, through the workers that it starts. */
import { file, write } from "opfs-tools";
import { fetchBody } from "../opfs.js";

export async function download(url, name) {
  const { body } = await fetchBody(url);
  await write(`/${name}`, body);
}

export function open(name) {
  return file(`/${name}`).getOriginFile();
}

export function remove(name) {
  return file(`/${name}`).remove();
}
