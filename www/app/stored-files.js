/** The published files of the queue. They outlive the groups that fetched them. */
import { element, setText } from "./element.js";
import { attempt } from "./event-log.js";
import { baseName, bytes } from "./format.js";
import { viewFile } from "./viewer.js";

const list = document.querySelector("#files");

export class StoredFiles {
  #queue;
  #running = false;
  #again = false;

  constructor(queue) {
    this.#queue = queue;
  }

  /** Reads the list anew; calls that come while it is being read end in one more reading. */
  async refresh() {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#again) {
        this.#again = false;
        this.#show(await this.#queue.listFiles());
      }
    } finally {
      this.#running = false;
    }
  }

  #show(files) {
    setText(document.querySelector("#file-count"), String(files.length));
    document.querySelector("#no-files").hidden = files.length > 0;
    const known = new Map([...list.children].map((item) => [item.dataset.key, item]));
    // Rows that stay keep their place and their focus.
    list.replaceChildren(...files.map((file) => known.get(keyOf(file)) ?? this.#row(file)));
  }

  #row(file) {
    const { localFile } = file;
    const name = baseName(localFile);
    const button = (action, label, run) => {
      const made = element("button", { type: "button", className: "quiet", data: { file: action } }, label);
      made.setAttribute("aria-label", `${label} ${name}`);
      made.addEventListener("click", run);
      return made;
    };
    return element("li", { data: { key: keyOf(file), localFile } },
      element("span", { className: "path" }, localFile),
      element("span", { className: "what" }, `${bytes(file.size)}, ${new Date(file.lastModified).toLocaleDateString()}, ${file.type || "no type"}`),
      element("div", { className: "row" },
        button("open", "Open", () => this.#open(file)),
        button("save", "Save", () => this.#save(file)),
        button("delete", "Delete", () => this.#delete(file))));
  }

  async #open(stored) {
    const { value } = await attempt(baseName(stored.localFile), "openFile()", () => this.#queue.openFile(stored.localFile));
    if (value) viewFile(stored, value);
  }

  /** The browser copies from its own storage to the user's: nothing passes through memory. */
  async #save(stored) {
    const { value } = await attempt(baseName(stored.localFile), "openFile()", () => this.#queue.openFile(stored.localFile));
    if (!value) return;
    const href = URL.createObjectURL(value);
    element("a", { href, download: baseName(stored.localFile) }).click();
    // The browser has taken hold of the file when it has begun to save it.
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  async #delete(stored) {
    await attempt(baseName(stored.localFile), "deleteFile()", () => this.#queue.deleteFile(stored.localFile));
    await this.refresh();
    (list.querySelector("button") ?? document.querySelector("#log")).focus();
  }
}

function keyOf(file) {
  return JSON.stringify([file.localFile, file.size, file.lastModified, file.etag]);
}
