/**
 * A command line on the live objects: `queue`, the opened `group` and its `job`. It runs the part of JavaScript in which
 * one calls the package (`interpret.js`), since a strict page turns no text into code.
 */
import * as qmgr from "../qmgr/index.js";
import { element } from "../app/element.js";
import { failureSentence } from "../app/hresult.js";
import { jobOf } from "../app/read-group.js";
import { complete } from "./complete.js";
import { scriptOf } from "./faults.js";
import { inspect } from "./inspect.js";
import { interpret, Scope } from "./interpret.js";
import { labServer } from "./lab-server.js";

const MIB = 1024 * 1024;
/** The file that the first lines fetch: the laboratory's server has it for them. */
const MODEL = "model.bin";
const MODEL_URL = new URL(`lab/files/${MODEL}`, document.baseURI).href;
/** So many lines of output are kept. */
const KEPT = 200;

/** The README's first program but for its end: whoever types on needs the queue. */
const FIRST_LINES = [
  'import { QueueManager } from "qmgr";',
  "const queue = await QueueManager.open();",
  "const group = await queue.createGroup();",
  "const job = await group.createJob();",
  `await job.addFiles([{ remoteFile: "${MODEL_URL}", localFile: "/models/model.bin" }]);`,
  "await group.resumeGroup();",
  "console.log(group.getStatus().status.toString(16)); // 80: incomplete, running",
  "await group.finished();",
  "console.log(group.getStatus().status.toString(16)); // 140: complete",
  'const file = await queue.openFile("/models/model.bin");',
  "console.log(file.name, file.size);",
];
const MORE_LINES = [
  "describeStatus(group.getStatus().status)",
  "group.getDetails()",
  "job.getFileDetails(0)",
  "for (const id of await queue.enumGroups()) console.log(id)",
  "await group.suspendGroup()",
  'await queue.getGroup("00000000-0000-0000-0000-000000000000")',
];

/** @param {HTMLElement} panel @param {import("../app/context.js").Context} context */
export function mount(panel, context) {
  panel.append(...new CommandLine(context).elements);
}

class CommandLine {
  #context;
  #globals;
  #scope;
  #history = [];
  #at = 0;
  #running = Promise.resolve();
  #said = element("ol");
  #output = element("div", { id: "console-output", className: "console-output", role: "log", ariaLabel: "Output", tabIndex: 0 }, this.#said);
  #input = element("textarea", { id: "console-input", rows: 2, spellcheck: false, autocomplete: "off", autocapitalize: "off", ariaLabel: "A line to run" });
  #words = element("div", { className: "console-words", id: "console-words", role: "group", ariaLabel: "Completions" });

  constructor(context) {
    this.#context = context;
    this.#globals = globalsOf(context, (...values) => this.#say("log", values.map((value) => inspect(value)).join(" ")));
    this.#scope = new Scope(this.#globals);
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("input", () => this.#suggest());
    this.#input.addEventListener("blur", ({ relatedTarget }) => this.#words.contains(relatedTarget) || this.#words.replaceChildren());
  }

  get elements() {
    const all = element("button", { type: "button", id: "console-run-all", className: "primary" }, "Run these lines");
    all.addEventListener("click", () => void this.#runAll(FIRST_LINES));
    const run = element("button", { type: "button", id: "console-run" }, "Run");
    run.addEventListener("click", () => void this.#runInput());
    return [
      element("section", { className: "panel console-ready", ariaLabel: "Lines to begin with" },
        element("div", { className: "panel-head" }, element("h2", {}, "The first lines"), all),
        element("ol", { className: "console-lines", id: "console-first" }, ...FIRST_LINES.map((line) => this.#ready(line))),
        element("h3", { className: "under" }, "And others"),
        element("ul", { className: "console-lines" }, ...MORE_LINES.map((line) => this.#ready(line)))),
      element("section", { className: "panel console-live", ariaLabel: "Command line" },
        element("p", { className: "hint" },
          element("code", {}, "queue"), ", the opened ", element("code", {}, "group"), " and its ", element("code", {}, "job"),
          " are live, and so is every name of the package. Enter runs, Shift+Enter begins a line, ↑ and ↓ go through what you ran, Tab takes the first completion."),
        this.#output,
        element("div", { className: "console-entry" }, this.#input, run),
        this.#words),
    ];
  }

  /** Puts a line where it can be changed and run. */
  #ready(line) {
    const button = element("button", { type: "button", className: "console-line", title: "Take it into the command line" }, element("code", {}, line));
    button.addEventListener("click", () => {
      this.#input.value = line;
      this.#input.focus();
    });
    return element("li", {}, button);
  }

  async #runAll(lines) {
    this.#output.scrollIntoView({ block: "nearest" });
    for (const line of lines) {
      if (!await this.#run(line)) return;
    }
  }

  async #runInput() {
    const text = this.#input.value.trim();
    if (text === "") return;
    this.#input.value = "";
    this.#words.replaceChildren();
    if (this.#history.at(-1) !== text) this.#history.push(text);
    this.#at = this.#history.length;
    await this.#run(text);
  }

  /** Runs one after the other; resolves with whether it went well. */
  #run(text) {
    const done = this.#running.then(() => this.#carryOut(text));
    this.#running = done;
    return done;
  }

  async #carryOut(text) {
    const { journal, selection } = this.#context;
    this.#say("input", text);
    try {
      const program = await parsed(text);
      if (text.includes(MODEL_URL)) await (await labServer()).serve(MODEL, scriptOf({ size: 5 * MIB, speed: 2 * MIB }));
      const value = await interpret(program, this.#scope, { qmgr });
      this.#say("value", inspect(value));
      journal.add({ kind: "call", who: "console", groupId: selection.groupId, text: `${text} → ${inspect(value).slice(0, 200)}` });
      this.#open(program);
      return true;
    } catch (error) {
      const failure = failureSentence(error);
      this.#say("failure", failure);
      journal.add({ kind: "failure", who: "console", groupId: selection.groupId, text: `${text} → ${failure}`, detail: { hresult: error?.hresult } });
      return false;
    }
  }

  /** A group that a line has named is the one that one wants to see. */
  #open(program) {
    const named = program.body.flatMap(({ declarations = [] }) => declarations.map(({ id }) => id.name)).filter(Boolean);
    for (const name of named) {
      const value = this.#scope.read(name);
      if (!(value instanceof qmgr.Group)) continue;
      this.#context.groups.add(value);
      this.#context.selection.select(value.groupId);
    }
  }

  #say(kind, text) {
    this.#said.append(element("li", { data: { kind } }, text));
    while (this.#said.childElementCount > KEPT) this.#said.firstElementChild.remove();
    this.#output.scrollTop = this.#output.scrollHeight;
  }

  #key(event) {
    const { key, shiftKey } = event;
    const line = this.#input;
    if (key === "Enter" && !shiftKey) {
      event.preventDefault();
      void this.#runInput();
    } else if (key === "ArrowUp" && !line.value.slice(0, line.selectionStart).includes("\n") && this.#at > 0) {
      event.preventDefault();
      this.#recall(this.#at - 1);
    } else if (key === "ArrowDown" && !line.value.slice(line.selectionEnd).includes("\n") && this.#at < this.#history.length) {
      event.preventDefault();
      this.#recall(this.#at + 1);
    } else if (key === "Tab" && !shiftKey && this.#words.firstElementChild) {
      // Without completions, or after Escape, Tab goes on as everywhere.
      event.preventDefault();
      this.#take(this.#words.firstElementChild.textContent);
    } else if (key === "Escape") {
      this.#words.replaceChildren();
    }
  }

  #recall(at) {
    this.#at = at;
    this.#input.value = this.#history[at] ?? "";
    this.#words.replaceChildren();
  }

  #suggest() {
    const before = this.#input.value.slice(0, this.#input.selectionStart);
    const names = [...this.#scope.names(), ...Object.keys(this.#globals)];
    const { typed, words } = complete(before, names, (name) => this.#scope.read(name));
    const wanted = typed !== "" || before.endsWith(".") ? words.slice(0, 12) : [];
    this.#words.replaceChildren(...wanted.map((word) => {
      const button = element("button", { type: "button", className: "quiet", tabIndex: -1 }, word);
      button.addEventListener("click", () => this.#take(word));
      return button;
    }));
  }

  #take(word) {
    const { value, selectionStart } = this.#input;
    const before = value.slice(0, selectionStart).replace(/[\w$]*$/, "");
    this.#input.setRangeText(word, before.length, selectionStart, "end");
    this.#input.focus();
    this.#words.replaceChildren();
  }
}

/** The names that a line may use besides its own. */
function globalsOf({ queue, groups, selection }, log) {
  const opened = () => groups.handle(selection.groupId);
  return Object.defineProperties({ ...qmgr, console: { log }, JSON, Math }, {
    queue: { enumerable: true, value: queue },
    group: { enumerable: true, get: opened },
    job: { enumerable: true, get: () => (opened() ? jobOf(opened()) : undefined) },
  });
}

/** The parser is loaded when somebody runs a line. It is a script of the older kind, which leaves its name behind. */
async function parsed(text) {
  await import("../vendor/acorn/acorn.js");
  return globalThis.acorn.parse(text, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: true });
}
