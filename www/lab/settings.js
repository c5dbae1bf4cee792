/** What can be set about a scenario or a free run: each with its bounds, for the fields of the page and for links. */
export const SETTINGS = Object.freeze({
  size: { label: "File", unit: "MiB", least: 1, most: 12, usual: 4 },
  speed: { label: "Speed", unit: "KiB/s", least: 64, most: 65_536, usual: 1024 },
  at: { label: "Happens at", unit: "%", least: 10, most: 90, usual: 50 },
  pause: { label: "Time to read a step", unit: "s", least: 0, most: 8, usual: 2 },
});

/** All settings as they usually are. */
export function usualSettings() {
  return Object.fromEntries(Object.entries(SETTINGS).map(([name, { usual }]) => [name, usual]));
}

/** A whole number within the bounds; otherwise throws a sentence that says what would be one. */
export function checkedNumber(text, { label, unit = "", least, most }) {
  const number = /^\d{1,9}$/.test(String(text)) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  // A field for numbers hands out what is none as nothing at all.
  const found = text === "" ? "" : `, not “${text}”`;
  throw new RangeError(`“${label}” takes a whole number from ${least} to ${most} ${unit}`.trimEnd() + `${found}.`);
}

/** The bytes of a file and a second that settings speak of, and where in the file something happens. */
export function fileOf({ size, speed, at }) {
  const bytes = size * 1024 * 1024;
  return { size: bytes, speed: speed * 1024, at: Math.floor((bytes * at) / 100) };
}
