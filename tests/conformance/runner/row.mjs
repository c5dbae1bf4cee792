/**
 * One row against the built package, in Node.js and in a page alike. `tests/conformance/README.md` says what the
 * steps mean.
 */
import { ScriptedCallback } from "./callback.mjs";
import { fits, number, resolved, told } from "./words.mjs";

/** How long `until` waits, in milliseconds. */
const LIMIT = 20_000;
/** The properties that there are, and one that there is not. */
const PROPERTIES = Array.from({ length: 14 }, (_, index) => index);

const STEPS = {
  call: ["call", "with", "gives", "fails", "as"],
  callback: ["callback", "answers"],
  open: ["open", "fails", "as"],
  pass: ["pass"],
  reload: ["reload"],
  serve: ["serve"],
  until: ["until", "with", "gives"],
};

/** What a method gives a handle of. */
const KINDS = {
  createGroup: "group", getGroup: "group", createJob: "job", getJob: "job",
  enumGroups: "enumerator", enumJobs: "enumerator", clone: "enumerator",
};

/**
 * Where a row runs.
 *
 * @typedef {object} Place
 * @property {object} qmgr  the package's module
 * @property {object} constants  the numbers and ids of the headers by their names, from elsewhere than the package
 * @property {string} base  what `{server}` stands for
 * @property {(options: object) => Promise<object>} open  opens the row's queue
 * @property {(path: string, changes: object) => Promise<void>} serve  makes a file of the server, or changes its script
 * @property {() => Promise<{ path: string, version: number, sha256: string }[]>} contents  all that the server ever held
 * @property {() => Promise<void>} reload  ends the page and its engine, and loads another
 */

/** Runs a row from one state; resolves with what was found where it does not hold, and with null where it does. */
export async function runRow(place, row, way, options) {
  const run = new Run(place);
  try {
    await run.open("queue", options);
    for (const [index, step] of [...way, ...row.steps].entries()) {
      const number = index - way.length;
      const which = number < 0 ? "on the way to the state" : `step ${number + 1}`;
      const found = await run.take(step).catch((error) => error.message);
      if (found !== undefined) return `${which}: ${told(step)}: ${found}`;
    }
    return null;
  } catch (error) {
    return error.stack;
  } finally {
    await run.end();
  }
}

class Run {
  #place;
  /** By name: `{ kind, object, queue }`, the last one the name of the queue that it came from. */
  #handles = new Map();
  /** The options that each handle of the queue was opened with. */
  #opened = new Map();

  constructor(place) {
    this.#place = place;
  }

  /** Resolves with what was found where a step does not end as the row expects. */
  async take(step) {
    const verb = Object.keys(STEPS).find((verb) => Object.hasOwn(step, verb));
    if (verb === undefined) throw new Error("no verb of a step");
    const unknown = Object.keys(step).find((key) => !STEPS[verb].includes(key));
    if (unknown !== undefined) throw new Error(`${verb} has no ${unknown}`);
    switch (verb) {
      case "call": return this.#call(step);
      case "callback": return this.#callback(step);
      case "open": return this.#judge(() => this.open(step.as, step.open), step);
      case "pass": return void await new Promise((resolve) => setTimeout(resolve, step.pass));
      case "reload": return this.#reload(step.reload);
      case "serve": return this.#serve(step.serve);
      default: return this.#until(step);
    }
  }

  async open(name, options) {
    const object = await this.#place.open(options);
    this.#opened.set(name, options);
    this.#handles.set(name, { kind: "queue", object, queue: name });
  }

  async end() {
    for (const { kind, object } of this.#handles.values()) {
      if (kind === "queue") await object.close();
    }
  }

  async #call({ call, with: given = [], fails, gives, as }) {
    const before = fails === undefined ? null : await this.#everything();
    const found = await this.#judge(() => this.#invoke(call, given), { fails, gives, as });
    if (found !== undefined || before === null) return found;
    const after = await this.#everything();
    return before === after ? undefined : `the failure changed\n  ${before}\ninto\n  ${after}`;
  }

  /** Compares what comes of a call with what was expected. */
  async #judge(call, { fails, gives, as }) {
    let output;
    try {
      output = await call();
    } catch (error) {
      return this.#judgeFailure(error, fails);
    }
    if (fails !== undefined) return `${fails} is expected, S_OK found`;
    if (output?.kind !== undefined) {
      if (gives !== undefined) return "a handle is no value: name it with `as`";
      if (as !== undefined) this.#handles.set(as, output);
      return undefined;
    }
    if (as !== undefined && output !== undefined) return "no handle to name";
    return gives === undefined ? undefined : this.#compare(output, gives);
  }

  #compare({ value }, gives) {
    const expected = this.#resolved(gives);
    return fits(expected, value) ? undefined : `${told(expected)} is expected, ${told(value)} found`;
  }

  #judgeFailure(error, fails) {
    if (error.name !== "QmgrError") throw error;
    const { describeHresult } = this.#place.qmgr;
    if (error.code !== describeHresult(error.hresult)) return `the code of 0x${error.hresult.toString(16)} is ${error.code}`;
    if (fails === undefined) return `S_OK is expected, ${error.code} found: ${error.message}`;
    const expected = number(fails, this.#place.constants);
    if (expected === undefined) throw new Error(`no HRESULT is called ${fails}`);
    return error.hresult === expected ? undefined : `${fails} is expected, ${error.code} found: ${error.message}`;
  }

  async #until({ until, with: given = [], gives }) {
    const end = Date.now() + LIMIT;
    for (;;) {
      let found;
      try {
        found = this.#compare(await this.#invoke(until, given), gives);
      } catch (error) {
        return this.#judgeFailure(error);
      }
      if (found === undefined) return undefined;
      if (Date.now() > end) return `waited in vain: ${found}`;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #callback({ callback, answers = [] }) {
    const object = new ScriptedCallback(answers, this.#place.constants);
    this.#handles.set(callback, { kind: "callback", object });
  }

  async #serve(files) {
    for (const [path, changes] of Object.entries(files)) await this.#place.serve(path, changes);
  }

  /** Each handle of a queue, a group or a job stands for the same thing again, unless that is gone. */
  async #reload(changes) {
    const before = [...this.#handles];
    const ids = new Map(before.map(([name, { kind, object }]) => [name, idsOf(kind, object)]));
    await this.#place.reload();
    this.#handles.clear();
    for (const [name, options] of [...this.#opened]) await this.open(name, { ...options, ...changes });
    for (const [name, handle] of before) {
      if (handle.kind === "callback") this.#handles.set(name, handle);
      if (handle.kind !== "group" && handle.kind !== "job") continue;
      const { group: groupId, job: jobId } = ids.get(name);
      const queue = this.#handles.get(handle.queue).object;
      const group = await queue.getGroup(groupId).catch(() => null);
      if (group === null) continue;
      const object = handle.kind === "job" ? group.getJob(jobId) : group;
      this.#handles.set(name, { ...handle, object });
    }
  }

  /** Calls `<handle>.<verb>`; resolves with a handle or with `{ value }`. */
  async #invoke(call, given) {
    const [name, verb] = call.split(".");
    const handle = this.#handles.get(name);
    if (handle === undefined) throw new Error(`no handle ${name}`);
    return this.#ask(handle, verb, given.map((value) => this.#resolved(value)));
  }

  async #ask(handle, verb, given) {
    const { kind, object, queue } = handle;
    if (!(verb in object)) throw new Error(`a ${kind} has no ${verb}`);
    if (typeof object[verb] !== "function") return { value: plain(object[verb]) };
    if (verb === "registerClass") given = [given[0], factoryOf(given[1])];
    const output = await object[verb](...given);
    if (KINDS[verb] !== undefined) return { kind: KINDS[verb], object: output, queue };
    return { value: verb === "openFile" ? await this.#published(output) : plain(output) };
  }

  /** What a published file is: its length, and whose content it has. */
  async #published(file) {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const same = (await this.#place.contents()).find((content) => content.sha256 === sha256);
    return { size: file.size, content: same === undefined ? null : `${same.path} v${same.version}` };
  }

  #resolved(value) {
    return resolved(value, {
      constants: this.#place.constants,
      base: this.#place.base,
      handle: (name) => {
        const { kind, object } = this.#handles.get(name) ?? {};
        if (kind === "callback") return object;
        const id = kind === "job" ? object.jobId : object?.groupId;
        if (id === undefined) throw new Error(`no handle ${name} with an id`);
        return id;
      },
    });
  }

  /** Everything that the API tells of what the row has handles to, as a text. */
  async #everything() {
    const all = {};
    for (const [name, handle] of this.#handles) all[name] = await this.#tell(handle);
    return JSON.stringify(all);
  }

  async #tell(handle) {
    const read = async (verb, ...given) => {
      try {
        const output = await this.#ask(handle, verb, given);
        return [verb, ...given, output.kind === undefined ? output.value : await this.#tell(output)];
      } catch (error) {
        if (error.name !== "QmgrError") throw error;
        return [verb, ...given, error.code];
      }
    };
    const all = (calls) => Promise.all(calls.map((call) => read(...call)));
    switch (handle.kind) {
      case "queue": return all([["enumGroups", 0], ["listFiles"]]);
      case "group": return all([
        ["getStatus"], ["getProgress", 1], ["getProgress", 3], ["getSize"], ["enumJobs", 0],
        ...PROPERTIES.map((property) => ["getProp", property]),
      ]);
      case "job": {
        const told = await all([["getStatus"], ["getFileCount"]]);
        const count = told[1].at(-1);
        // Durable ranges grow by themselves, with each checkpoint.
        for (let index = 0; index < count; index++) {
          const { status, bytesDone, published } = handle.object.getFileDetails(index);
          told.push(await read("getFile", index), { status, bytesDone, published });
        }
        return told;
      }
      case "enumerator": return [[...handle.object], handle.object.getCount()];
      default: return [handle.object.calls, handle.object.made];
    }
  }
}

function idsOf(kind, object) {
  if (kind === "group") return { group: object.groupId };
  if (kind === "job") return { group: object.group.groupId, job: object.jobId };
  return {};
}

/** A class of a callback, which counts how often it is created. */
function factoryOf(callback) {
  if (!(callback instanceof ScriptedCallback)) return callback;
  return () => {
    callback.made += 1;
    return callback;
  };
}

/** Arrays and objects with nothing but their own enumerable members. */
function plain(value) {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
