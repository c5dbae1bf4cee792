/** The rows as their files hold them, and the ways to the states that they start from. */
import { readFile, readdir } from "node:fs/promises";

const DIRECTORY = new URL("../", import.meta.url);
const RUNNERS = ["native", "node", "chrome"];
const FIELDS = ["id", "interface", "method", "fact", "marks", "given", "open", "steps", "structural", "only"];

/**
 * What one runner has to run, a case for each state that a row is given for: `{ row, state, way, options }`. QMGR_ROW
 * leaves only the rows whose id contains it.
 */
export async function casesFor(runner) {
  const files = (await readdir(new URL("rows/", DIRECTORY))).sort();
  const tables = await Promise.all(files.map((file) => json(`rows/${file}`)));
  const { open, states } = await json("states.json");
  const wanted = tables.flat().filter((row) => runs(row, runner) && row.id.includes(process.env.QMGR_ROW ?? ""));
  return wanted.flatMap((row) => [row.given ?? "nothing"].flat().map((state) => ({
    row, state, way: wayTo(states, state), options: merged(open, row.open ?? {}),
  })));
}

/** The numbers and ids of the headers by their names, as they were written down from the headers. */
export async function headerConstants() {
  const { flags, errors, groupprop, iids } = await json("../native/qmgr-constants.json");
  return { ...flags, ...errors, ...groupprop, ...iids };
}

/** How many rows there are among some cases. */
export function countOf(cases) {
  return new Set(cases.map(({ row }) => row.id)).size;
}

/** A failing case, for whoever reads it. */
export function story({ row, state }, found) {
  return `${row.id} (given ${state}): ${found}\n    ${row.interface}::${row.method}: ${row.fact}`;
}

/** All run a row, unless it names its runners and says why. */
function runs(row, runner) {
  const unknown = Object.keys(row).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new Error(`${row.id}: a row has no ${unknown}`);
  if (row.structural !== undefined) return false;
  if (row.only === undefined) return true;
  const { runners, because } = row.only;
  if (!because || !runners.length || !runners.every((name) => RUNNERS.includes(name))) throw new Error(`${row.id}: only`);
  return runners.includes(runner);
}

function wayTo(states, state) {
  const name = state.replace(/ foreground$/, "");
  const isForeground = name !== state;
  if (!Object.hasOwn(states, name)) throw new Error(`no state ${name}`);
  const { after, steps } = states[name];
  const before = after === undefined ? [] : wayTo(states, isForeground ? `${after} foreground` : after);
  const last = isForeground && after === undefined ? [{ call: "group.switchToForeground" }] : [];
  return [...before, ...steps, ...last];
}

function merged(options, more) {
  const result = { ...options };
  for (const [name, value] of Object.entries(more)) {
    const fields = typeof value === "object" && typeof result[name] === "object";
    result[name] = fields ? { ...result[name], ...value } : value;
  }
  return result;
}

async function json(path) {
  const text = await readFile(new URL(path, DIRECTORY), "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: ${error.message}`);
  }
}
