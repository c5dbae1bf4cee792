/** `pipeTo(createWritable())`: what the platform's own documentation shows. */
import { fetchBody, fileHandle, openFile, removeFile } from "../opfs.js";

export async function download(url, name) {
  const { body } = await fetchBody(url);
  await body.pipeTo(await (await fileHandle(name, { create: true })).createWritable());
}

export async function downloadHalf(url, name, size) {
  const { body } = await fetchBody(url);
  const reader = body.getReader();
  const file = await (await fileHandle(name, { create: true })).createWritable();
  let position = 0;
  while (position < size / 2) {
    const { value } = await reader.read();
    await file.write(value);
    position += value.length;
  }
  await file.close();
  await reader.cancel();
  return position;
}

/** What is there is copied into the stream's swap file first; there is no other way to keep it. */
export async function resume(url, name, from) {
  const { body } = await fetchBody(url, from);
  const file = await (await fileHandle(name)).createWritable({ keepExistingData: true });
  await file.seek(from);
  await body.pipeTo(file);
}

export { openFile as open, removeFile as remove };
