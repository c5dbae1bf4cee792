/** The record: every call of this page and everything the queue told it, the newest on top. */
import { element } from "../app/element.js";
import { clock } from "../app/format.js";

const SHOWN = 500;

/** @param {HTMLElement} panel @param {import("../app/context.js").Context} context */
export function mount(panel, { journal }) {
  const list = element("ol", { id: "log", className: "log", tabIndex: 0, ariaLabel: "What happened" });
  panel.append(list);
  journal.addEventListener("entry", ({ detail: { time, kind, who, text } }) => {
    const date = new Date(time);
    list.prepend(element("li", { data: { kind } },
      element("time", { dateTime: date.toISOString() }, clock(date)), " ",
      element("span", { className: "who" }, who), " ",
      element("span", { className: "text" }, text)));
    if (list.childElementCount > SHOWN) list.lastElementChild.remove();
  });
}
