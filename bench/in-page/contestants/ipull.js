/** `ipull`: its browser download, with the parallel streams that are its default, writing at offsets into a file. */
import { downloadFileBrowser } from "ipull/browser";
import { fileHandle, openFile, removeFile } from "../opfs.js";

export async function download(url, name, options = {}) {
  const file = await (await fileHandle(name, { create: true })).createSyncAccessHandle();
  try {
    const engine = await downloadFileBrowser({
      url,
      ...options,
      onWrite(cursor, buffers) {
        for (const buffer of buffers) cursor += file.write(buffer, { at: cursor });
      },
    });
    await engine.download();
    file.flush();
  } finally {
    file.close();
  }
}

export { openFile as open, removeFile as remove };
