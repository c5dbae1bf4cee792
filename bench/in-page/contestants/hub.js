/** `@huggingface/hub`: `downloadFile` gives a blob over the network, which is piped into a file. The server plays the hub. */
import { downloadFile } from "@huggingface/hub";
import { fileHandle, openFile, removeFile } from "../opfs.js";

export async function download(url, name) {
  const { origin, pathname } = new URL(url);
  const blob = await downloadFile({ repo: "bench/files", path: pathname.split("/").at(-1), hubUrl: origin });
  const file = await (await fileHandle(name, { create: true })).createWritable();
  await blob.stream().pipeTo(file);
}

export { openFile as open, removeFile as remove };
