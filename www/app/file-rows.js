import { element, setText } from "./element.js";
import { bytes, hex } from "./format.js";

/** So many rows are drawn; a job may have thousands of files. */
const MOST = 200;

const PROOFS = {
  etag: "resumes by ETag",
  date: "resumes by Last-Modified",
  hash: "resumes, checked by its hash",
  likely: "resumes where date and length agree",
};

/** The files of a job, one row each. */
export class FileRows {
  #list;
  #rows = [];

  constructor(list) {
    this.#list = list;
  }

  show(job) {
    const count = Math.min(job.getFileCount(), MOST);
    while (this.#rows.length < count) {
      const row = makeRow();
      this.#rows.push(row);
      this.#list.append(row.item);
    }
    for (const [index, row] of this.#rows.entries()) fill(row, job.getFileDetails(index));
  }
}

function makeRow() {
  const word = element("span", { className: "word-of-file" });
  const local = element("code", { className: "local" });
  const size = element("span", { className: "size" });
  const from = element("span", { className: "from" });
  return { item: element("li", {}, word, local, size, from), word, local, size, from };
}

function fill({ item, word, local, size, from }, file) {
  item.dataset.localFile = file.localFile;
  item.dataset.word = hex(file.status, 2);
  setText(word, hex(file.status, 2));
  setText(local, file.localFile);
  setText(size, file.bytesTotal === null ? bytes(file.bytesDone) : `${bytes(file.bytesDone)} of ${bytes(file.bytesTotal)}`);
  const proof = file.published ? "published" : PROOFS[file.proof] ?? (file.bytesDone > 0 ? "would start again" : "");
  setText(from, [file.remoteFile, proof].filter(Boolean).join(", "));
}
