/** The playground as a person uses it: reads what is written there, presses what is there to press. */
import { startPlayground } from "../server/playground.mjs";
import { PKG, until, visit } from "./visit.mjs";

/** Serves the playground for one test and opens it. Returns the page and its server. */
export async function openPlayground(test, options = {}) {
  const server = await startPlayground({ pkg: PKG });
  const page = await visit(test, `${server.origin}/`, options);
  test.after(() => server.close());
  await ready(page);
  return { page, server };
}

/** The page has read the queue and shows it. */
export async function ready(page) {
  await page.locator("body[data-ready]").waitFor();
}

/** Makes a group of a sample file, not yet resumed. */
export async function takeSample(page, name) {
  await page.locator(`[data-sample="${name}"]`).click();
  const card = cardOf(page, name);
  await card.word("group", "0x180");
  return card;
}

/** The card of a group, found by its name. */
export function cardOf(page, name) {
  const root = page.locator("[data-group-id]").filter({ has: page.getByRole("heading", { name, exact: true }) });
  const field = (which) => root.locator(`[data-field="${which}"]`);
  return {
    root,
    press: (label) => root.getByRole("button", { name: label, exact: true }).click(),
    text: (which) => field(which).innerText(),
    /** Waits until the word of a level reads so. */
    word: (level, expected, limit) => until(`${name}'s ${level} word is ${expected}`,
      async () => await root.locator(`[data-level="${level}"] [data-field="word"]`).innerText() === expected, limit),
    /** The names of the lamps that are lit. */
    lit: () => root.locator('[data-lit="true"]').evaluateAll((lamps) => lamps.map((lamp) => lamp.dataset.bit).sort()),
    state: (expected) => until(`${name} is ${expected}`, async () => await field("state").innerText() === expected),
    /** Waits until so much is there, in percent. */
    percent: (least) => until(`${least} % of ${name}`, async () => parseInt(await field("percent").innerText(), 10) >= least),
  };
}

/** The lines of the event log, oldest first. */
export async function events(page) {
  return (await page.locator("#log li").allInnerTexts()).reverse().map((line) => line.replace(/\s+/g, " "));
}

/** Waits for a line of the log. */
export function event(page, pattern) {
  return until(`an event like ${pattern}`, async () => (await events(page)).find((line) => pattern.test(line)));
}

/** The SHA-256 that the page computes of a finished file. */
export async function hashShown(page, localFile) {
  await page.locator(`#files [data-local-file="${localFile}"] [data-file="open"]`).click();
  await page.locator("#hash").click();
  const hash = await until("the hash", () => page.locator("#viewer-hash").innerText());
  await page.keyboard.press("Escape");
  return hash;
}
