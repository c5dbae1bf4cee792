/** Fetches models, each once, and gives them back as files. */
export class Models {
  #queue;
  #base;

  constructor(queue, base) {
    this.#queue = queue;
    this.#base = base;
  }

  /** A model by its name: the one that is there, or one that is fetched first. */
  async open(name, { integrity } = {}) {
    const localFile = `/models/${name}`;
    const there = await this.#queue.listFiles("/models");
    if (!there.some((file) => file.localFile === localFile)) await this.#fetch(name, localFile, integrity);
    return this.#queue.openFile(localFile);
  }

  async #fetch(name, localFile, integrity) {
    const group = await this.#queue.createGroup();
    try {
      const job = await group.createJob();
      await job.addFiles([{ remoteFile: new URL(name, this.#base).href, localFile, integrity }]);
      await group.resumeGroup();
      await group.finished();
    } finally {
      await group.cancelGroup();
    }
  }
}
