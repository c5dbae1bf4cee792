/** What somebody does in the laboratory beside playing its scenarios: links, switches, fields and tabs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { choose, open, outcome, PHONE, QUICK, requests, tabWindow } from "./laboratory.mjs";
import { ready } from "./playground.mjs";
import { until } from "./until.mjs";
import { keepPicture } from "./visit.mjs";

/** A script that makes another browser of this one. */
const browser = (name) => fileURLToPath(new URL(`${name}.js`, import.meta.url));

test("where service workers cannot be modules the scenarios play on a plain web server all the same", async (t) => {
  const page = await open(t, "a plain web server", `?lab=cut,${QUICK},play`, browser("without-module-service-workers"));
  assert.equal(await outcome(page), "All of it holds.");
});

test("where there are no service workers the laboratory says so, and the rest of the page works", async (t) => {
  const page = await open(t, "a plain web server", `?lab=cut,${QUICK},play`, browser("without-service-workers"));
  await until("a sentence", async () => /^On this host the laboratory's server is a service worker, and this browser allows none here/.test(await page.locator("#lab-trouble").innerText()));
  assert.equal(await page.locator("#lab-play").innerText(), "Play");
  assert.equal(await page.locator("#role").innerText(), "transfers");
});

test("on a plain web server the scenarios play also after a reload past the caches", async (t) => {
  const page = await open(t, "a plain web server", `?lab=cut,${QUICK},play`);
  assert.equal(await outcome(page), "All of it holds.");
  const client = await page.context().newCDPSession(page);
  await Promise.all([page.waitForEvent("load"), client.send("Page.reload", { ignoreCache: true })]);
  await ready(page);
  assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  await page.locator("#lab-play").click();
  assert.equal(await outcome(page), "All of it holds.");
});

test("a number that cannot be is refused in words, and what is played stands in the field", async (t) => {
  const page = await open(t, "the scripted server", "?lab=free");
  const size = page.locator("#lab-size");
  for (const [typed, words] of [["999", /^“File” takes a whole number from 1 to 12 MiB, not “999”\. It stays 4\.$/], ["", /^“File” takes a whole number from 1 to 12 MiB\. It stays 4\.$/]]) {
    await size.fill(typed);
    await size.press("Tab");
    assert.equal(await size.inputValue(), "4");
    assert.match(await page.locator("#lab-size-refusal").innerText(), words);
  }
  await page.locator("#fault-cut-number").fill("0");
  await page.locator("#fault-cut-number").press("Tab");
  assert.equal(await page.locator("#fault-cut-number").inputValue(), "768");
  assert.match(await page.locator("#fault-cut-number-refusal").innerText(), /from 1 to 65536 KiB/);
  await size.fill("2");
  await size.press("Tab");
  assert.equal(await page.locator("#lab-size-refusal").innerText(), "");
  assert.match(await page.locator("#lab-link").inputValue(), /lab=free,size=2,play$/);
});

test("whoever plays a scenario sees its verdict without scrolling", async (t) => {
  const page = await open(t, "the scripted server", `?lab=cut,${QUICK}`);
  for (const size of [PHONE, { width: 1440, height: 900 }]) {
    await page.setViewportSize(size);
    await page.locator("#lab-play").click();
    await outcome(page);
    assert.ok(await page.locator("#lab-outcome").evaluate((line) => {
      const { left, top, height } = line.getBoundingClientRect();
      return document.elementFromPoint(left + 1, top + height / 2) === line;
    }), `${size.width} wide`);
    if (size !== PHONE) {
      assert.ok(await page.locator("#lab-play").evaluate((button) => {
        const { left, top, height } = button.getBoundingClientRect();
        return document.elementFromPoint(left + 1, top + height / 2) === button;
      }), "and can play it again");
    }
  }
});

test("a copied link shows somebody else the same, and plays it once", async (t) => {
  const page = await open(t, "the scripted server", "?elsewhere=1");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator("#tab-laboratory").click();
  await choose(page, "File changes half-way");
  for (const [field, value] of Object.entries({ size: "1", at: "30", pause: "0" })) {
    await page.locator(`#lab-${field}`).fill(value);
    await page.locator(`#lab-${field}`).press("Tab");
  }
  assert.equal(new URL(page.url()).search, "?elsewhere=1&lab=replaced,size=1,at=30,pause=0");
  await page.locator("#lab-copy").click();
  await page.getByText("Copied.").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${new URL(page.url()).origin}/?lab=replaced,size=1,at=30,pause=0,play`);

  const other = await page.context().newPage();
  await other.goto(link);
  assert.equal(await outcome(other), "All of it holds.");
  assert.equal(await other.locator("#lab-at").inputValue(), "30");
  assert.match((await requests(other))[0], /307\.2 KiB, cut/);
  assert.equal(new URL(other.url()).search, "?lab=replaced,size=1,at=30,pause=0", "a reload does not play it again");
});

test("a link that cannot be says what is wrong with it, and the laboratory works all the same", async (t) => {
  const page = await open(t, "the scripted server", "?lab=cut,size=<b>9999</b>,play");
  const trouble = page.locator("#lab-trouble");
  assert.equal(await trouble.innerText(), "This link does not work. “File” takes a whole number from 1 to 12 MiB, not “<b>9999</b>”.");
  assert.equal(await page.locator("#laboratory").isVisible(), true);
  await page.locator("#lab-size").fill("1");
  await page.locator("#lab-pause").fill("0");
  await page.locator("#lab-play").click();
  assert.equal(await outcome(page), "All of it holds.");
  assert.equal(await trouble.isVisible(), false);
});

test("a switch acts at once, and is in the link", async (t) => {
  const page = await open(t, "the scripted server", "?lab=free,stall=256,play");
  assert.equal(await page.locator("#fault-stall").isChecked(), true);
  await until("a stalled answer", async () => /256\.0 KiB, on its way/.test((await requests(page))[0] ?? ""));
  await page.locator("#fault-stall").uncheck();
  await until("complete", async () => (await tabWindow(page, 1).innerText()).includes("0x140"), 30_000);
  await page.locator("#fault-busy").check();
  await page.locator("#fault-busy-number").fill("9");
  await page.locator("#fault-busy-number").press("Tab");
  assert.equal(new URL(page.url()).search, "?lab=free,busy=9");
  await page.locator("#lab-play").click();
  await until("the clock", async () => /Waiting as long as the server asked, next attempt in [1-9] s/.test(await tabWindow(page, 1).innerText()));
  await page.locator("#fault-busy").uncheck();
  await until("complete", async () => (await tabWindow(page, 1).innerText()).includes("0x140"), 30_000);
});

test("offline nobody is answered, and the queue goes on when the server is back", async (t) => {
  const page = await open(t, "a plain web server", "?lab=free,size=1");
  await page.locator("#lab-offline").check();
  await page.locator("#lab-play").click();
  await until("a refused request", async () => /no answer, 0 B, cut/.test((await requests(page))[0] ?? ""));
  await until("the wait", async () => /Waiting a while after a failure, next attempt in/.test(await tabWindow(page, 1).innerText()));
  await page.locator("#lab-offline").uncheck();
  await until("complete", async () => (await tabWindow(page, 1).innerText()).includes("0x140"), 30_000);
});

test("when this page's worker is killed a second tab takes over, and this page goes on showing it", async (t) => {
  const page = await open(t, "the scripted server", "?lab=free,size=2,stall=1024,play");
  await until("bytes", async () => /1\.0 MiB of 2\.0 MiB/.test(await tabWindow(page, 1).innerText()));
  await page.locator("#lab-second-tab").click();
  await until("a tab that stands by", async () => (await tabWindow(page, 2).innerText()).includes("stands by"));
  await page.locator("#lab-kill").click();
  await until("the second tab to take over", async () => (await tabWindow(page, 2).innerText()).includes("transfers"));
  assert.match(await tabWindow(page, 1).innerText(), /no worker/);
  await page.locator("#fault-stall").uncheck();
  await until("complete here too", async () => (await tabWindow(page, 1).innerText()).includes("0x140"), 60_000);
  await page.setViewportSize(PHONE);
  await keepPicture(page, "laboratory-free-phone");
});

test("stopping ends the run, its tabs and its download", async (t) => {
  const page = await open(t, "the scripted server", "?lab=two-tabs,size=4,speed=256,play");
  await tabWindow(page, 2).waitFor();
  await page.locator("#lab-stop").click();
  await until("no window", async () => await page.locator(".lab-window").count() === 0);
  assert.equal(await page.evaluate(() => document.querySelectorAll("iframe").length), 0);
  await choose(page, "Free run");
  await page.locator("#lab-play").click();
  await until("bytes", async () => /transferring/.test(await tabWindow(page, 1).innerText()));
  await page.locator("#lab-stop").click();
  await until("a suspended group", async () => /0x180/.test(await page.locator("#groups").innerText()));
});
