/** The tabs of a run as small windows, the clock of the next attempt, and what the server was asked. */
import { element, setText } from "../app/element.js";
import { bytes, hex } from "../app/format.js";
import { PieceMap } from "../app/piece-map.js";
import { waitText } from "../app/wait-text.js";
import { requestText } from "./request-text.js";

const ROLES = { active: "transfers", standby: "stands by", none: "no worker" };

/** Dispatches `"close"` with the number of a tab whose window is to be closed. */
export class StageView extends EventTarget {
  #stage = null;
  #windows = new Map();
  #row = element("div", { className: "lab-windows" });
  #empty = element("p", { className: "empty" }, "The tabs of the run appear here, each with its piece map.");
  #requests = element("ol", { className: "lab-requests", id: "lab-requests" });
  #none = element("p", { className: "empty" }, "Nothing yet.");
  element = element("div", { className: "lab-view" },
    this.#row, this.#empty,
    element("section", { className: "panel", ariaLabel: "Requests to the server" }, element("h2", {}, "What the server was asked"), this.#none, this.#requests));

  #look = () => this.#show();

  /** Shows a stage, or none. */
  follow(stage) {
    this.#stage?.removeEventListener("look", this.#look);
    this.#stage = stage;
    stage?.addEventListener("look", this.#look);
    this.#show();
  }

  #show() {
    const tabs = this.#stage?.tabs() ?? [];
    for (const [number, shown] of this.#windows) {
      if (tabs.some((tab) => tab.number === number)) continue;
      shown.element.remove();
      this.#windows.delete(number);
    }
    for (const tab of tabs) {
      if (!this.#windows.has(tab.number)) this.#open(tab);
      this.#windows.get(tab.number).show(tab);
    }
    this.#empty.hidden = tabs.length > 0;
    this.#showRequests(this.#stage?.requests() ?? []);
  }

  #open({ number, isPage }) {
    const shown = new TabWindow(number, isPage, () => this.dispatchEvent(new CustomEvent("close", { detail: number })));
    this.#windows.set(number, shown);
    this.#row.append(shown.element);
  }

  #showRequests(requests) {
    this.#none.hidden = requests.length > 0;
    while (this.#requests.childElementCount > requests.length) this.#requests.lastElementChild.remove();
    for (const [index, entry] of requests.entries()) {
      if (!this.#requests.children[index]) this.#requests.append(element("li"));
      const line = this.#requests.children[index];
      line.dataset.end = entry.end ?? "open";
      setText(line, requestText(entry));
    }
  }
}

/** A tab of the run: what its page knows of the group. */
class TabWindow {
  #role = element("span", { className: "state" });
  #word = element("code", { className: "lab-word" });
  #state = element("span", {});
  #bytes = element("span", { className: "lab-bytes" });
  #pieces = new PieceMap();
  #clock = element("p", { className: "lab-clock" });
  element;

  constructor(number, isPage, close) {
    const title = isPage ? `Tab ${number}: this page` : `Tab ${number}`;
    const button = element("button", { type: "button", className: "quiet", ariaLabel: `Close tab ${number}` }, "Close");
    button.addEventListener("click", close);
    this.element = element("section", { className: "lab-window", ariaLabel: title, data: { tab: String(number) } },
      element("header", {}, element("h3", {}, title), this.#role, ...(isPage ? [] : [button])),
      element("p", { className: "line" }, this.#word, this.#state, this.#bytes),
      this.#pieces.element,
      this.#clock);
  }

  show({ role, look }) {
    this.element.dataset.role = role;
    setText(this.#role, ROLES[role]);
    this.element.dataset.state = look?.details.state ?? "none";
    setText(this.#word, look ? hex(look.status, 3) : "–");
    setText(this.#state, look ? look.details.state : "no group yet");
    setText(this.#bytes, look ? progress(look.details) : "");
    this.#pieces.show(look?.file ?? { ranges: [], bytesDone: 0, bytesTotal: null });
    const { wait = null } = look?.details ?? {};
    this.#clock.dataset.waiting = String(wait !== null);
    setText(this.#clock, wait ? waitText(wait) : "");
  }
}

function progress({ bytesDone, bytesTotal }) {
  return bytesTotal === null ? bytes(bytesDone) : `${bytes(bytesDone)} of ${bytes(bytesTotal)}`;
}
