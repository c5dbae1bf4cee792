/** The files of the opened group's job, each with its piece map. */
import { element, setText } from "./element.js";
import { bytes, hex } from "./format.js";
import { PieceMap } from "./piece-map.js";
import { jobOf } from "./read-group.js";

/** So many files are drawn at first, and so many more at each wish: a job may have thousands. */
const STEP = 50;

const PROOFS = {
  etag: "resumes by ETag",
  date: "resumes by Last-Modified",
  hash: "resumes, checked by its hash",
  likely: "resumes where date and length agree",
};

export class FileList {
  #title = element("h3");
  #list = element("ol", { className: "files", start: 0 });
  #more = element("button", { type: "button", className: "quiet" });
  element = element("section", { className: "panel files-of-job" }, this.#title, this.#list, this.#more);
  #rows = [];
  #most = STEP;
  #shown = null;

  constructor() {
    this.#more.addEventListener("click", () => {
      this.#most += STEP;
      this.show(...this.#shown);
    });
  }

  /** @param {import("./read-group.js").GroupReading} reading @param {import("../qmgr/index.js").Group} group */
  show(reading, group) {
    if (this.#shown?.[0].groupId !== reading.groupId) this.#most = STEP;
    this.#shown = [reading, group];
    const count = reading.job?.fileCount ?? 0;
    const job = count > 0 ? jobOf(group) : null;
    setText(this.#title, count === 1 ? "1 file" : `${count} files`);
    this.#fit(Math.min(count, this.#most));
    for (const [index, row] of this.#rows.entries()) row.show(job.getFileDetails(index));
    this.#more.hidden = count <= this.#most;
    setText(this.#more, `Show ${Math.min(STEP, count - this.#most)} more`);
  }

  #fit(count) {
    while (this.#rows.length > count) this.#rows.pop().element.remove();
    while (this.#rows.length < count) {
      const row = new FileRow();
      this.#rows.push(row);
      this.#list.append(row.element);
    }
  }
}

class FileRow {
  #word = element("code", { className: "word-of-file" });
  #local = element("code", { className: "local" });
  #size = element("span", { className: "size" });
  #from = element("span", { className: "from" });
  #pieces = new PieceMap();
  element = element("li", {}, this.#word, this.#local, this.#size, this.#pieces.element, this.#from);

  /** @param {import("../qmgr/index.js").FileDetails} file */
  show(file) {
    this.element.dataset.localFile = file.localFile;
    this.element.dataset.word = hex(file.status, 2);
    setText(this.#word, hex(file.status, 2));
    setText(this.#local, file.localFile);
    setText(this.#size, file.bytesTotal === null ? bytes(file.bytesDone) : `${bytes(file.bytesDone)} of ${bytes(file.bytesTotal)}`);
    this.#pieces.show(file);
    const proof = file.published ? "published" : PROOFS[file.proof] ?? (file.bytesDone > 0 ? "would start again" : "");
    setText(this.#from, [file.remoteFile, proof].filter(Boolean).join(", "));
  }
}
