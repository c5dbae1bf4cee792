/** What no address has in it, and a comma or semicolon before the next one. */
const BETWEEN = /[\s"<>]+|[,;](?=[a-z]+:\/\/)/i;
/** Slashes, or a dot inside a word: `example.com/a.bin` is meant for an address, and `addFiles` says what it lacks. */
const MEANT = /\/|[^.]\.[^.]/;

/**
 * Parts a text into addresses and other words. In a list of links, lines that begin with `#` are remarks.
 *
 * @returns {{ addresses: string[], others: string[] }}
 */
export function readAddresses(text) {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const words = lines.flatMap((line) => line.split(BETWEEN)).map((word) => word.replace(/[,;]$/, "")).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return { addresses: words.filter((word) => MEANT.test(word)), others: words.filter((word) => !MEANT.test(word)) };
}

/**
 * Gives each URL a path of its own below a directory, from the last segment of the URL's path:
 * `https://host/a/model.bin?x` → `/downloads/model.bin`.
 */
export function filesFor(urls, directory) {
  const base = directory.endsWith("/") || directory.endsWith("\\") ? directory : `${directory}/`;
  const taken = new Set();
  return urls.map((remoteFile) => {
    const wanted = nameIn(remoteFile);
    const dot = wanted.lastIndexOf(".");
    const [stem, extension] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ""];
    let name = wanted;
    for (let copy = 2; taken.has(name.toLowerCase()); copy += 1) name = `${stem}-${copy}${extension}`;
    taken.add(name.toLowerCase());
    return { remoteFile, localFile: base + name };
  });
}

/** Characters that no path may have are replaced. An address that is none keeps a plain name: `addFiles` will refuse it. */
function nameIn(url) {
  try {
    const last = decodeURIComponent(new URL(url).pathname.split("/").at(-1));
    return last.replace(/[<>:"/\\|?*\u0000-\u001f]/g, "_").replace(/^\.+|[. ]+$/g, "") || "download";
  } catch {
    return "download";
  }
}
