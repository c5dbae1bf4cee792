/** How numbers and times are written on the page. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `1536` → `1.5 KiB`. */
export function bytes(count) {
  let unit = 0;
  let value = count;
  // What would be written as 1024.0 is one of the next unit.
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A status word or an HRESULT: at least `width` digits after the `0x`. */
export function hex(value, width = 1) {
  return `0x${value.toString(16).toUpperCase().padStart(width, "0")}`;
}

/** A word bit by bit, in groups of four from the right: `1 1000 0000`. */
export function binary(value, width) {
  return value.toString(2).padStart(width, "0").replace(/\B(?=(.{4})+$)/g, " ");
}

/** Whole seconds as a person says them. */
export function duration(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Time of day with milliseconds. */
export function clock(date) {
  const two = (value) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** `2 Jan 2020`: the month by its name, since day and month are not written in one order everywhere. */
export function day(date) {
  return DAY.format(date);
}

/** The last segment of a path, in any of the three forms that `localFile` may have. */
export function baseName(path) {
  return path.split(/[/\\]/).at(-1);
}
