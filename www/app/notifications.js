/** The opened group's notifications: a callback that writes down what `onStatus` is told, and answers as one wishes. */
import { E_FAIL, GROUPPROP_NOTIFYFLAGS, IID_IBackgroundCopyCallback1, QM_NOTIFY_GROUP_DONE, S_OK } from "../qmgr/index.js";
import { element, setText } from "./element.js";
import { clock, hex } from "./format.js";
import { hresultText } from "./hresult.js";

/** So many calls of a group are kept. */
const KEPT = 50;
const COLUMNS = ["Time", "File", "Status", "Retries", "Win32", "HTTP", "Answer"];
/** What `onStatus` says where no file is concerned. */
const NO_FILE = 0xffffffff;

export class NotificationsView {
  #context;
  #registered = toggle("Notification pointer set");
  #done = toggle("Also on completion: QM_NOTIFY_GROUP_DONE");
  #failing = toggle("Answer E_FAIL");
  #rows = element("tbody");
  #empty = element("p", { className: "empty" });
  element = element("section", { className: "panel notifications" },
    element("h3", {}, "Notifications"),
    element("div", { className: "toggles" }, this.#registered.label, this.#done.label, this.#failing.label),
    element("div", { className: "table-scroll", tabIndex: 0, role: "region", ariaLabel: "Calls of onStatus" }, element("table", { className: "calls" },
      element("thead", {}, element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, name)))),
      this.#rows)),
    this.#empty);
  /** By group: whether the pointer is set, what it answers, and what it was told. */
  #told = new Map();
  #reading = null;
  #group = null;

  /** @param {import("./context.js").Context} context */
  constructor(context) {
    this.#context = context;
    this.#registered.input.addEventListener("change", () => this.#register());
    this.#done.input.addEventListener("change", () => this.#wantCompletion());
    this.#failing.input.addEventListener("change", () => {
      this.#of(this.#reading.groupId).failing = this.#failing.input.checked;
    });
    context.groups.addEventListener("removed", ({ detail: { groupId } }) => this.#told.delete(groupId));
  }

  /** @param {import("./read-group.js").GroupReading} reading @param {import("../qmgr/index.js").Group} group */
  show(reading, group) {
    this.#reading = reading;
    this.#group = group;
    const { registered, failing } = this.#of(reading.groupId);
    this.#registered.input.checked = registered;
    this.#failing.input.checked = failing;
    this.#failing.input.disabled = !registered;
    this.#done.input.checked = (group.getProp(GROUPPROP_NOTIFYFLAGS) & QM_NOTIFY_GROUP_DONE) !== 0;
    this.#list();
  }

  #of(groupId) {
    if (!this.#told.has(groupId)) this.#told.set(groupId, { registered: false, failing: false, calls: [] });
    return this.#told.get(groupId);
  }

  async #register() {
    const { groupId, name } = this.#reading;
    const group = this.#group;
    const told = this.#of(groupId);
    told.registered = this.#registered.input.checked;
    const pointer = told.registered ? this.#callback(groupId, told) : null;
    await this.#context.journal.attempt({ who: name, groupId, text: `setNotificationPointer(${pointer ? "callback" : "null"})` },
      () => group.setNotificationPointer(IID_IBackgroundCopyCallback1, pointer));
    this.show(this.#reading, this.#group);
  }

  /** Whoever answers anything but S_OK is told again: after 1 s, then twice as long each time. */
  #callback(groupId, told) {
    return {
      onStatus: (group, job, fileIndex, status, numOfRetries, win32Result, transportResult) => {
        const answer = told.failing ? E_FAIL : S_OK;
        told.calls.unshift({ time: new Date(), fileIndex, status, numOfRetries, win32Result, transportResult, answer });
        told.calls.length = Math.min(told.calls.length, KEPT);
        this.#context.journal.add({
          kind: "event", groupId, who: this.#context.groups.reading(groupId)?.name ?? groupId.slice(0, 8),
          text: `onStatus(${fileText(fileIndex)}, ${hex(status, 3)}, ${numOfRetries}, ${hex(win32Result)}, ${transportResult}) → ${hresultText(answer)}`,
          detail: { fileIndex, status, numOfRetries, win32Result, transportResult, answer },
        });
        if (this.#reading?.groupId === groupId) this.#list();
        return answer;
      },
      onProgress: () => S_OK,
      onProgressEx: () => S_OK,
    };
  }

  async #wantCompletion() {
    const { groupId, name } = this.#reading;
    const group = this.#group;
    const flags = group.getProp(GROUPPROP_NOTIFYFLAGS);
    const wanted = this.#done.input.checked ? flags | QM_NOTIFY_GROUP_DONE : flags & ~QM_NOTIFY_GROUP_DONE;
    await this.#context.journal.attempt({ who: name, groupId, text: `setProp(GROUPPROP_NOTIFYFLAGS, ${hex(wanted)})` },
      () => group.setProp(GROUPPROP_NOTIFYFLAGS, wanted));
  }

  #list() {
    const { registered, calls } = this.#of(this.#reading.groupId);
    if (this.#rows.childElementCount !== calls.length || this.#rows.firstChild?.call !== calls[0]) {
      this.#rows.replaceChildren(...calls.map(rowOf));
    }
    setText(this.#empty, calls.length > 0 ? "" : registered
      ? "The callback is set. It is called on an error, and on completion where the flag asks for it."
      : "Set the pointer, and each call of onStatus is written down here with its arguments.");
  }
}

function rowOf(call) {
  const { time, fileIndex, status, numOfRetries, win32Result, transportResult, answer } = call;
  const cells = [clock(time), fileText(fileIndex), hex(status, 3), String(numOfRetries), hex(win32Result), String(transportResult), hresultText(answer)];
  return Object.assign(element("tr", {}, ...cells.map((text) => element("td", {}, text))), { call });
}

function fileText(index) {
  return index === NO_FILE ? "none" : String(index);
}

function toggle(text) {
  const input = element("input", { type: "checkbox", role: "switch" });
  return { input, label: element("label", { className: "check" }, input, element("span", {}, text)) };
}
