/** The published files of the queue. They outlive the groups that fetched them. */
import { coalesced } from "./coalesced.js";
import { element, setText } from "./element.js";
import { baseName, bytes, day } from "./format.js";
import { viewFile } from "./viewer.js";

const count = document.querySelector("#file-count");

export class StoredFiles {
  #context;
  #changed;
  #list = element("ul", { id: "files", className: "stored", ariaLabel: "Finished files" });
  #empty = element("p", { id: "no-files", className: "empty" }, "Nothing is published yet. A file appears here when its whole group is complete.");
  element = element("section", { className: "panel" }, element("h3", {}, "Finished files"), this.#empty, this.#list);

  /** `changed` is called when a file was deleted here. @param {import("./context.js").Context} context */
  constructor(context, changed) {
    this.#context = context;
    this.#changed = changed;
  }

  /** Reads the list anew. */
  refresh = coalesced(async () => this.#show(await this.#context.queue.listFiles()));

  #show(files) {
    setText(count, String(files.length));
    this.#empty.hidden = files.length > 0;
    const known = new Map([...this.#list.children].map((item) => [item.dataset.key, item]));
    // Rows that stay keep their place and their focus.
    this.#list.replaceChildren(...files.map((file) => known.get(keyOf(file)) ?? this.#row(file)));
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
      element("span", { className: "what" }, `${bytes(file.size)}, ${file.type || "no type"}, last modified ${day(new Date(file.lastModified))}`),
      element("div", { className: "row" },
        button("open", "Open", () => this.#open(file)),
        button("save", "Save", () => this.#save(file)),
        button("delete", "Delete", () => this.#delete(file))));
  }

  async #open(stored) {
    const file = await this.#fetch(stored);
    if (file) viewFile(stored, file);
  }

  /** The browser copies from its own storage to the user's: nothing passes through memory. */
  async #save(stored) {
    const file = await this.#fetch(stored);
    if (!file) return;
    const href = URL.createObjectURL(file);
    element("a", { href, download: baseName(stored.localFile) }).click();
    // The browser has taken hold of the file when it has begun to save it.
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  async #fetch({ localFile }) {
    const { queue, journal } = this.#context;
    const { value } = await journal.attempt({ who: baseName(localFile), text: "openFile()" }, () => queue.openFile(localFile));
    return value;
  }

  async #delete({ localFile }) {
    const { queue, journal } = this.#context;
    await journal.attempt({ who: baseName(localFile), text: "deleteFile()" }, () => queue.deleteFile(localFile));
    await this.refresh();
    this.#changed();
    (this.#list.querySelector("button") ?? document.querySelector("#tab-files")).focus();
  }
}

function keyOf(file) {
  return JSON.stringify([file.localFile, file.size, file.lastModified, file.etag]);
}
