import { element } from "./element.js";
import { clock } from "./format.js";
import { failureText } from "./hresult.js";

const KEPT = 500;
const list = document.querySelector("#log");
const empty = document.querySelector("#no-events");

/**
 * Adds a line, the newest on top. `kind` is `"call"`, `"event"` or `"failure"`.
 */
export function record(kind, who, text) {
  const now = new Date();
  list.prepend(element("li", { data: { kind } },
    element("time", { dateTime: now.toISOString() }, clock(now)),
    element("span", { className: "who" }, who),
    element("span", { className: "text" }, text)));
  if (list.childElementCount > KEPT) list.lastElementChild.remove();
  empty.hidden = true;
}

/**
 * Makes one call of the API and records how it ended. Returns `{ value }` or `{ error }`: on this page a failed call
 * is something to look at, not the end of anything.
 */
export async function attempt(who, text, call) {
  try {
    const value = await call();
    record("call", who, `${text} → S_OK`);
    return { value };
  } catch (error) {
    record("failure", who, `${text} → ${failureText(error)}`);
    return { error };
  }
}

document.querySelector("#clear-log").addEventListener("click", () => {
  list.replaceChildren();
  empty.hidden = false;
});
