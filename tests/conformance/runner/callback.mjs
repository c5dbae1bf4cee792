import { number } from "./words.mjs";

const MOODS = ["throw", "reject", "never"];

/**
 * A callback of a row: it writes down its calls, and answers with what its script says, then with S_OK. An answer is
 * an HRESULT by its name, `"throw"`, `"reject"` or `"never"`.
 */
export class ScriptedCallback {
  /** What it was called with, in order. */
  calls = [];
  /** How often a class that it stands for was created. */
  made = 0;
  #answers;

  constructor(answers, constants) {
    this.#answers = answers.map((answer) => {
      const code = MOODS.includes(answer) ? answer : number(answer, constants);
      if (code === undefined) throw new Error(`no answer of a callback: ${answer}`);
      return code;
    });
  }

  onStatus(group, job, fileIndex, status, numOfRetries, win32Result, transportResult) {
    this.calls.push({
      method: "onStatus", group: group?.groupId ?? null, job: job?.jobId ?? null,
      fileIndex, status, numOfRetries, win32Result, transportResult,
    });
    return this.#answer();
  }

  onProgress(...given) {
    this.calls.push({ method: "onProgress", given: given.length });
    return 0;
  }

  onProgressEx(...given) {
    this.calls.push({ method: "onProgressEx", given: given.length });
    return 0;
  }

  #answer() {
    const answer = this.#answers.shift() ?? 0;
    switch (answer) {
      case "throw": throw new Error("by script");
      case "reject": return Promise.reject(new Error("by script"));
      case "never": return new Promise(() => {});
      default: return answer;
    }
  }
}
