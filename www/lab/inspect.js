/** How the console writes a value: short, as one would type it, and never deeper than can be read. */
const DEEP = 3;
const MANY = 50;

/** @param {unknown} value @param {number} [depth] */
export function inspect(value, depth = 0) {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "function") return `function ${value.name || "anonymous"}`;
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? `${value}n` : String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return depth >= DEEP ? "[…]" : arrayText(value, depth);
  const name = value.constructor?.name;
  if (name === "Group") return `Group ${value.groupId}`;
  if (name === "Job") return `Job ${value.jobId}`;
  if (name === "QueueManager") return `QueueManager "${value.name}"`;
  if (name === "GuidEnumerator") return `GuidEnumerator of ${value.getCount()}`;
  if (name === "File" || name === "Blob") return `${name} of ${value.size} bytes`;
  const members = Object.entries(value).slice(0, MANY);
  const prefix = name && name !== "Object" ? `${name} ` : "";
  if (depth >= DEEP && members.length > 0) return `${prefix}{…}`;
  return members.length === 0 ? `${prefix}{}` : `${prefix}{ ${members.map(([key, each]) => `${key}: ${inspect(each, depth + 1)}`).join(", ")} }`;
}

/** A pair with names, as getStatus() gives it, shows its names. */
function arrayText(value, depth) {
  const items = value.slice(0, MANY).map((each) => inspect(each, depth + 1));
  if (value.length > MANY) items.push(`… ${value.length - MANY} more`);
  const named = Object.getOwnPropertyNames(value).filter((key) => !/^(\d+|length)$/.test(key)).map((key) => `${key}: ${inspect(value[key], depth + 1)}`);
  return `[${[...items, ...named].join(", ")}]`;
}
