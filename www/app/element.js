/**
 * Makes an element: `element("code", { className: "hex", data: { bit: "2" } }, "0x4")`.
 *
 * Children that are strings become text nodes. Nothing on this page ever parses text as HTML, so that a URL or a
 * server's message with markup in it stays what it is: text.
 */
export function element(tag, { data = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

/** Sets text only where it differs, so that nothing is laid out or read aloud anew without need. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Words for those who listen; the eye sees what they say from where they stand. */
export function unseen(text) {
  return element("span", { className: "unseen" }, text);
}

/** Makes an element of a drawing: `svg("path", { d: "M0 0h10" })`. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
