/**
 * The tabs. On a wide screen the queue stands beside them; on a narrow one it is the first of them, which the
 * stylesheet sees to: the page only says in `data-tab` which one is in front.
 */
const tabs = [...document.querySelectorAll("#tabs [role=tab]")];
const main = document.querySelector("main");
const wide = matchMedia("(min-width: 64rem)");
/** How far each tab was scrolled when another came to the front. */
const scrolled = new Map();

/** Wires the tabs; returns the function that brings one to the front by its name. */
export function startTabs() {
  for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.tab));
  document.querySelector("#tabs").addEventListener("keydown", move);
  wide.addEventListener("change", () => show(document.body.dataset.tab));
  show("queue");
  return show;
}

function show(name) {
  // Beside the queue there is always something else to see.
  const shown = wide.matches && name === "queue" ? "group" : name;
  const before = document.body.dataset.tab;
  scrolled.set(before, scrollY);
  document.body.dataset.tab = shown;
  for (const tab of tabs) {
    const selected = tab.dataset.tab === shown;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
    if (tab.dataset.tab !== "queue") document.getElementById(tab.getAttribute("aria-controls")).hidden = !selected;
  }
  // One that was not seen yet is seen from its beginning, not from where the last one was left.
  if (shown !== before) scrollTo(scrollX, scrolled.get(shown) ?? Math.min(scrollY, scrollY + main.getBoundingClientRect().top));
}

function move(event) {
  const there = tabs.filter((tab) => tab.checkVisibility());
  const at = there.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const next = there.at(to % there.length);
  next.focus();
  show(next.dataset.tab);
}
