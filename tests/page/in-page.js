/**
 * Runs in every page of the engine's tests, before anything else: the few steps that all of them take through the
 * package's public API. `lab` is the only name that it adds.
 */
globalThis.lab = {
  /** The package's file that a page imports. */
  entry: "index.js",

  module() {
    return import(`/pkg/${this.entry}`);
  },

  /** The queue of this page. */
  async queue(options = {}) {
    const { QueueManager } = await this.module();
    return QueueManager.open(options);
  },

  /** A group with one job for some files, suspended; it becomes the one that the other steps speak of. */
  async make(files, options) {
    const queue = await this.queue(options);
    this.watch(await queue.createGroup());
    const job = await this.group.createJob();
    await job.addFiles(files);
    return this.group.groupId;
  },

  /** Finds a group again after a reload. */
  async find(groupId, options) {
    const queue = await this.queue(options);
    this.watch(await queue.getGroup(groupId));
  },

  watch(group) {
    this.group = group;
    this.words = [group.getStatus().status];
    group.addEventListener("statuschange", (event) => this.words.push(event.detail.status));
  },

  /** Sets a callback for the group, which keeps what it is told in `heard`; one that is `silent` never answers. */
  async hear({ silent = false } = {}) {
    const { IID_IBackgroundCopyCallback1 } = await this.module();
    this.group.setNotificationPointer(IID_IBackgroundCopyCallback1, this.callback({ silent }));
  },

  callback({ silent = false } = {}) {
    this.heard = [];
    return {
      onStatus: (group, job, ...event) => {
        this.heard.push([group.groupId, job.jobId, ...event]);
        return silent ? new Promise(() => {}) : 0;
      },
    };
  },

  status() {
    return this.group.getStatus().status;
  },

  job() {
    const [jobId] = this.group.enumJobs();
    return this.group.getJob(jobId);
  },

  /** How many bytes are there of the first file, and how many of them would survive a crash. */
  progress() {
    const { bytesDone, bytesTotal, ranges, etag, proof, published } = this.job().getFileDetails(0);
    return { bytesDone, bytesTotal, ranges, etag, proof, published };
  },

  /** SHA-256 of a published file, in hex. */
  async hash(localFile, options) {
    const queue = await this.queue(options);
    const file = await queue.openFile(localFile);
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  },

  /** What a call fails with: `[name, code, hresult]`, and whether it is the package's own error. */
  async failure(call) {
    const { QmgrError } = await this.module();
    try {
      await call();
    } catch (error) {
      return { name: error.name, code: error.code, hresult: error.hresult, own: error instanceof QmgrError };
    }
    return "no failure";
  },

  /** Everything that the API tells of a queue's groups. */
  async everything(options) {
    const { GROUPPROP_DISPLAYNAME, GROUPPROP_DESCRIPTION, GROUPPROP_NOTIFYFLAGS, GROUPPROP_NOTIFYCLSID, GROUPPROP_PRIORITY, GROUPPROP_PROTOCOLFLAGS } = await this.module();
    const queue = await this.queue(options);
    const groups = [];
    for (const groupId of await queue.enumGroups()) {
      const group = await queue.getGroup(groupId);
      const [jobId = null] = group.enumJobs();
      const job = jobId && group.getJob(jobId);
      groups.push({
        groupId, jobId, status: group.getStatus().status, state: group.getDetails().state,
        properties: [GROUPPROP_PRIORITY, GROUPPROP_PROTOCOLFLAGS, GROUPPROP_NOTIFYFLAGS, GROUPPROP_NOTIFYCLSID, GROUPPROP_DISPLAYNAME, GROUPPROP_DESCRIPTION].map((property) => group.getProp(property)),
        files: job ? Array.from({ length: job.getFileCount() }, (_, index) => job.getFile(index)) : [],
        jobStatus: job ? { ...job.getStatus() } : null,
      });
    }
    return groups;
  },
};
