import { assertInternal, travel } from "./internal.js";

export class Job {
  #handle;
  #group;

  constructor(token, handle, group) {
    assertInternal(token);
    this.#handle = handle;
    this.#group = group;
  }

  get jobId() {
    return this.#handle.jobId;
  }

  get group() {
    return this.#group;
  }

  cancelJob() {
    return this.#handle.cancelJob();
  }

  getProgress(flags) {
    return this.#handle.getProgress(flags);
  }

  getStatus() {
    return this.#handle.getStatus();
  }

  addFiles(files, options) {
    return travel(options, () => this.#handle.addFiles(files));
  }

  getFile(index) {
    return this.#handle.getFile(index);
  }

  getFileCount() {
    return this.#handle.getFileCount();
  }

  switchToForeground() {
    return this.#handle.switchToForeground();
  }

  getFileDetails(index) {
    return this.#handle.getFileDetails(index);
  }
}
