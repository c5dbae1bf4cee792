const announcer = document.querySelector("#announcer");

/** Says something to those who listen to the page instead of looking at it. */
export function announce(text) {
  announcer.textContent = text;
}

/** Tells of the groups that end, whichever of them is open. */
export function announceEnds(groups) {
  groups.addEventListener("changed", ({ detail: { reading, before } }) => {
    if (reading.details.state === before.details.state) return;
    if (reading.details.state === "complete") announce(`${reading.name}: complete`);
    if (reading.details.state === "error") announce(`${reading.name}: failed, ${reading.details.error.code}`);
  });
  groups.addEventListener("removed", ({ detail: { before } }) => announce(`${before.name}: cancelled`));
}
