const announcer = document.querySelector("#announcer");

/** Says something to those who listen to the page instead of looking at it. */
export function announce(text) {
  announcer.textContent = text;
}
