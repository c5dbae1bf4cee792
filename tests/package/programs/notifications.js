/** What callbacks hear, each scenario by its name. The network is a function that answers by the path. */
import {
  E_FAIL,
  Group,
  GROUPPROP_NOTIFYCLSID,
  GROUPPROP_NOTIFYFLAGS,
  IID_IBackgroundCopyCallback1,
  IID_IBackgroundCopyGroup,
  Job,
  QM_NOTIFY_DISABLE_NOTIFY,
  QM_NOTIFY_GROUP_DONE,
  QueueManager,
  S_FALSE,
  S_OK,
} from "qmgr";

const CLSID = "11111111-2222-3333-4444-555555555555";
const NULL_CLSID = "00000000-0000-0000-0000-000000000000";

const network = async (url) => {
  const { pathname } = new URL(url);
  return new Response(pathname === "/gone" ? "" : "hello", { status: pathname === "/gone" ? 404 : 200 });
};

let count = 0;
const open = () => QueueManager.open({ name: `queue ${count++}`, storage: "memory", fetch: network });

async function groupOf(queue, ...names) {
  const group = await queue.createGroup();
  const job = await group.createJob();
  await job.addFiles(names.map((name) => ({ remoteFile: `http://server.test/${name}`, localFile: `/${count++}` })));
  return group;
}

const settled = (group) => group.finished().catch(() => {});
const codeOf = (promise) => promise.then(() => "done", ({ code, message }) => code ?? message);

/** A callback that keeps its calls, and what answers each of them in turn; S_OK after the last. */
function callback(...answers) {
  const calls = [];
  const waiting = [];
  return {
    calls,
    /** Resolves at the n-th call. */
    called: (n) => new Promise((resolve) => (calls.length >= n ? resolve() : waiting.push({ n, resolve }))),
    onStatus(...call) {
      calls.push({ self: this, call });
      waiting.filter(({ n }) => calls.length >= n).forEach(({ resolve }) => resolve());
      const answer = answers.shift() ?? S_OK;
      return typeof answer === "function" ? answer(...call) : answer;
    },
    onProgress: () => calls.push("onProgress"),
    onProgressEx: () => calls.push("onProgressEx"),
  };
}

const scenarios = {
  async "an error"() {
    const queue = await open();
    const group = await groupOf(queue, "there", "gone");
    const heard = callback();
    group.setNotificationPointer(IID_IBackgroundCopyCallback1, heard);
    await group.resumeGroup();
    await heard.called(1);
    const [{ self, call }] = heard.calls;
    const [itsGroup, itsJob, ...numbers] = call;
    const [jobId] = group.enumJobs();
    const same = [itsGroup === group, itsJob instanceof Job, itsJob.jobId === jobId, itsJob.group === group, self === heard];
    await queue.close();
    return { same, numbers, calls: heard.calls.length };
  },

  async "a completion"() {
    const queue = await open();
    const group = await groupOf(queue, "there");
    const heard = callback();
    await group.setProp(GROUPPROP_NOTIFYFLAGS, QM_NOTIFY_GROUP_DONE);
    group.setNotificationPointer(IID_IBackgroundCopyCallback1, heard);
    await group.resumeGroup();
    await heard.called(1);
    const [, itsJob, ...numbers] = heard.calls[0].call;
    await queue.close();
    return { job: itsJob instanceof Job, numbers };
  },

  async "silence"() {
    const queue = await open();
    const [quiet, disabled] = [await groupOf(queue, "there"), await groupOf(queue, "gone")];
    const heard = callback();
    await disabled.setProp(GROUPPROP_NOTIFYFLAGS, QM_NOTIFY_GROUP_DONE | QM_NOTIFY_DISABLE_NOTIFY);
    for (const group of [quiet, disabled]) {
      group.setNotificationPointer(IID_IBackgroundCopyCallback1, heard);
      await group.resumeGroup();
      await settled(group);
    }
    // Another group's call comes after theirs would have.
    const loud = await groupOf(queue, "gone");
    const last = callback();
    loud.setNotificationPointer(IID_IBackgroundCopyCallback1, last);
    await loud.resumeGroup();
    await last.called(1);
    await queue.close();
    return heard.calls.length;
  },

  async "whatever is not S_OK"() {
    const queue = await open();
    const failures = {
      E_FAIL: () => E_FAIL,
      S_FALSE: () => S_FALSE,
      nothing: () => undefined,
      text: () => "0",
      throw: () => {
        throw new Error("thrown by the callback");
      },
      rejection: () => Promise.reject(new Error("rejected by the callback")),
      "a promise of E_FAIL": async () => E_FAIL,
    };
    const calls = Object.entries(failures).map(async ([name, failure]) => {
      const heard = callback(failure, async () => S_OK);
      const group = await groupOf(queue, "gone");
      group.setNotificationPointer(IID_IBackgroundCopyCallback1, heard);
      await group.resumeGroup();
      await heard.called(1);
      const first = performance.now();
      await heard.called(2);
      return [name, performance.now() - first >= 900];
    });
    const result = Object.fromEntries(await Promise.all(calls));
    await queue.close();
    return result;
  },

  async "re-entrance"() {
    const queue = await open();
    const group = await groupOf(queue, "gone");
    const inner = callback();
    const heard = callback(async (itsGroup) => {
      const other = await groupOf(queue, "gone");
      other.setNotificationPointer(IID_IBackgroundCopyCallback1, inner);
      await other.resumeGroup();
      await inner.called(1);
      const { status } = itsGroup.getStatus();
      await itsGroup.cancelGroup();
      return status === 0x380 ? S_OK : E_FAIL;
    });
    // A pointer that comes late is called at once, though never within the call that sets it.
    await group.resumeGroup();
    await settled(group);
    group.setNotificationPointer(IID_IBackgroundCopyCallback1, heard);
    const within = heard.calls.length;
    await inner.called(1);
    await settled(group);
    await queue.close();
    return { within, outer: heard.calls.length, inner: inner.calls.length };
  },

  async "a promise that hangs"() {
    const queue = await open();
    const never = callback(...Array(9).fill(() => new Promise(() => {})));
    for (let i = 0; i < 9; i++) {
      const group = await groupOf(queue, "gone");
      group.setNotificationPointer(IID_IBackgroundCopyCallback1, never);
      await group.resumeGroup();
    }
    const heard = callback();
    const group = await groupOf(queue, "gone");
    group.setNotificationPointer(IID_IBackgroundCopyCallback1, heard);
    await group.resumeGroup();
    await heard.called(1);
    await queue.close();
    return { never: never.calls.length, heard: heard.calls.length };
  },

  async "a class"() {
    const queue = await open();
    const [first, second] = [await groupOf(queue, "gone"), await groupOf(queue, "gone")];
    const unknown = await codeOf(first.setProp(GROUPPROP_NOTIFYCLSID, CLSID));
    const made = [];
    queue.registerClass(CLSID, () => {
      made.push(callback());
      return made.at(-1);
    });
    const atFirst = made.length;
    await first.setProp(GROUPPROP_NOTIFYCLSID, CLSID);
    await second.setProp(GROUPPROP_NOTIFYCLSID, CLSID);
    await second.setProp(GROUPPROP_NOTIFYCLSID, NULL_CLSID);
    await second.resumeGroup();
    await settled(second);
    await first.resumeGroup();
    await made[0].called(1);
    const [group] = made[0].calls[0].call;
    const result = {
      unknown,
      atFirst,
      made: made.length,
      text: [first.getProp(GROUPPROP_NOTIFYCLSID), second.getProp(GROUPPROP_NOTIFYCLSID)],
      group: group instanceof Group && group.groupId === first.groupId,
      cleared: made[1].calls.length,
    };
    await queue.close();
    return result;
  },

  async "a class for an event that waits"() {
    const queue = await open();
    const group = await groupOf(queue, "gone");
    await group.resumeGroup();
    await settled(group);
    const made = [];
    queue.registerClass(CLSID, () => {
      made.push(callback());
      return made.at(-1);
    });
    await group.setProp(GROUPPROP_NOTIFYCLSID, CLSID);
    await made[0].called(1);
    await group.cancelGroup();
    await queue.close();
    return made.map(({ calls }) => calls.length);
  },

  async "a class that makes no callback"() {
    const queue = await open();
    const group = await groupOf(queue, "there");
    queue.registerClass(CLSID, () => ({ onProgress() {} }));
    const nothing = await codeOf(group.setProp(GROUPPROP_NOTIFYCLSID, CLSID));
    queue.registerClass(CLSID, () => {
      throw new Error("out of objects");
    });
    const thrown = await codeOf(group.setProp(GROUPPROP_NOTIFYCLSID, CLSID));
    const text = group.getProp(GROUPPROP_NOTIFYCLSID);
    await queue.close();
    return { nothing, thrown, text };
  },

  async "what is no pointer"() {
    const queue = await open();
    const group = await groupOf(queue, "there");
    const set = async (iid, pointer) => group.setNotificationPointer(iid, pointer);
    const iid = IID_IBackgroundCopyCallback1;
    const result = {
      otherInterface: await codeOf(set(IID_IBackgroundCopyGroup, callback())),
      noObject: await codeOf(set(iid, 1)),
      noMethod: await codeOf(set(iid, {})),
      missing: await codeOf(set(iid, undefined)),
      null: await codeOf(set(iid, null)),
    };
    await queue.close();
    return result;
  },

  async "a replaced pointer"() {
    const queue = await open();
    const group = await groupOf(queue, "gone");
    const [before, after] = [callback(() => new Promise(() => {})), callback()];
    group.setNotificationPointer(IID_IBackgroundCopyCallback1, before);
    await group.resumeGroup();
    await before.called(1);
    // Another handle of the same group speaks of the same pointer.
    const again = await queue.getGroup(group.groupId);
    again.setNotificationPointer(IID_IBackgroundCopyCallback1, after);
    await after.called(1);
    const itsGroup = after.calls[0].call[0] === again;
    await queue.close();
    return { before: before.calls.length, after: after.calls.length, itsGroup };
  },
};

const results = {};
for (const [name, scenario] of Object.entries(scenarios)) results[name] = await scenario();
console.log(JSON.stringify(results));
