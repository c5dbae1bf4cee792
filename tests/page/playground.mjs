/** The playground as a person uses it: reads what is written there, presses what is there to press. */
import { startPlayground } from "../server/playground.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

/** Serves the playground for one test and opens it. Returns the page and its server. */
export async function openPlayground(test, options = {}) {
  const server = await startPlayground({ pkg: PKG });
  const page = await visit(test, `${server.origin}/`, { ...options, servers: [server] });
  await ready(page);
  return { page, server };
}

/** The page has read the queue and shows it. */
export async function ready(page) {
  await page.locator("body[data-ready]").waitFor();
}

/** Makes a group of a sample file, not yet resumed. */
export async function takeSample(page, name) {
  await bringUp(page, "queue");
  await page.locator(`[data-sample="${name}"]`).click();
  const card = cardOf(page, name);
  await card.word("group", "0x180");
  return card;
}

/** Brings a tab to the front; on a wide screen the queue is always there. */
export async function bringUp(page, name) {
  const tab = page.locator(`#tab-${name}`);
  if (await tab.isVisible()) await tab.click();
}

/** A group, found by its name: its row in the list, and its words and figures, for which it is opened. */
export function cardOf(page, name) {
  const row = page.locator("#groups [data-group-id]").filter({ has: page.locator(`[data-field="name"]:text-is(${JSON.stringify(name)})`) });
  const instrument = page.locator("#instrument");
  const field = (which) => page.locator(`:is(#instrument, .job-status) [data-field="${which}"]`);
  const open = async () => {
    if (await row.locator("[aria-current]").count() > 0 && await instrument.isVisible()) return;
    await bringUp(page, "queue");
    await row.locator('[data-field="name"]').click();
    await bringUp(page, "group");
  };
  const opened = async (act) => {
    await open();
    return act();
  };
  return {
    row,
    instrument,
    open,
    press: (label) => opened(() => instrument.getByRole("button", { name: label, exact: true }).click()),
    text: (which) => opened(() => field(which).innerText()),
    /** Waits until the word of a level reads so. */
    word: (level, expected, limit) => until(`${name}'s ${level} word is ${expected}`,
      async () => await row.count() > 0 && await opened(() => instrument.locator(`[data-level="${level}"] [data-field="word"]`).innerText()) === expected, limit),
    /** The names of the lamps that are lit. */
    lit: () => opened(() => instrument.locator('[data-lit="true"]').evaluateAll((lamps) => lamps.map((lamp) => lamp.dataset.bit).sort())),
    state: (expected) => until(`${name} is ${expected}`, () => opened(async () => await field("state").innerText() === expected)),
    /** Waits until so much is there, in percent. */
    percent: (least) => until(`${least} % of ${name}`, () => opened(async () => parseInt(await field("percent").innerText(), 10) >= least)),
    /** Waits until the group has left the list. */
    gone: () => row.waitFor({ state: "detached" }),
  };
}

/** The lines of the record, oldest first. */
export async function events(page) {
  return (await page.locator("#log li").allTextContents()).reverse().map((line) => line.replace(/\s+/g, " "));
}

/** Waits for a line of the log. */
export function event(page, pattern) {
  return until(`an event like ${pattern}`, async () => (await events(page)).find((line) => pattern.test(line)));
}

/** The SHA-256 that the page computes of a finished file. */
export async function hashShown(page, localFile) {
  await bringUp(page, "files");
  await page.locator(`#files [data-local-file="${localFile}"] [data-file="open"]`).click();
  await page.locator("#hash").click();
  const hash = await until("the hash", () => page.locator("#viewer-hash").innerText());
  await page.keyboard.press("Escape");
  return hash;
}
