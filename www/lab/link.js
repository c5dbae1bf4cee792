/**
 * The laboratory's part of the page's address, one parameter that a person can read:
 *
 *     ?lab=replaced,size=8,at=30          a scenario and what differs from the usual settings
 *     ?lab=free,cut=512,norange,site=other  a free run: its switches, with their numbers
 *
 * With `play` at its end the scenario plays as soon as the page is there.
 */
import { FAULTS, faultOf } from "./faults.js";
import { scenarioOf, SCENARIOS } from "./scenarios.js";
import { checkedNumber, SETTINGS, usualSettings } from "./settings.js";

/** The id of a run without a scenario. */
export const FREE = "free";
const PARAMETER = "lab";
const SITES = ["same", "other"];

/** What a laboratory is set to when nothing is said. */
export function usualRun() {
  return { scenario: SCENARIOS[0].id, settings: usualSettings(), site: "same", faults: {}, play: false };
}

/**
 * Reads the query of an address. Returns null where it says nothing of the laboratory; throws a sentence for people
 * where it says something that cannot be.
 */
export function readLink(query) {
  const text = new URLSearchParams(query).get(PARAMETER);
  if (text === null) return null;
  const [scenario, ...parts] = text.split(",");
  if (scenario !== FREE && !scenarioOf(scenario)) {
    throw new RangeError(`There is no scenario “${scenario}”. There are ${[...SCENARIOS.map(({ id }) => id), FREE].join(", ")}.`);
  }
  const run = { ...usualRun(), scenario };
  for (const part of parts) readPart(part, run);
  return run;
}

function readPart(part, run) {
  const [name, value] = part.split("=", 2);
  const fault = faultOf(name);
  if (name === "play" && value === undefined) run.play = true;
  else if (Object.hasOwn(SETTINGS, name)) run.settings[name] = checkedNumber(value ?? "", SETTINGS[name]);
  else if (name === "site" && SITES.includes(value) && run.scenario === FREE) run.site = value;
  else if (fault && run.scenario === FREE) run.faults[name] = fault.unit ? checkedNumber(value ?? fault.usual, fault) : true;
  else throw new RangeError(`The link says “${part}”, which means nothing for ${run.scenario === FREE ? "a free run" : "this scenario"}.`);
}

/** The query that `readLink` reads as this run. */
export function writeLink({ scenario, settings, site, faults, play }) {
  const parts = [scenario];
  for (const [name, { usual }] of Object.entries(SETTINGS)) {
    if (settings[name] !== usual) parts.push(`${name}=${settings[name]}`);
  }
  if (scenario === FREE) {
    if (site !== SITES[0]) parts.push(`site=${site}`);
    for (const { id } of FAULTS) {
      if (id in faults) parts.push(faults[id] === true ? id : `${id}=${faults[id]}`);
    }
  }
  if (play) parts.push("play");
  return `?${PARAMETER}=${parts.join(",")}`;
}

/** A query without the laboratory's parameter, and everything else as it was. */
export function withoutLink(query) {
  const others = new URLSearchParams(query);
  others.delete(PARAMETER);
  const text = others.toString();
  return text === "" ? "" : `?${text}`;
}
