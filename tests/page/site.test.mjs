/** The playground as the files of a plain web server, below some path and under a strict policy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../server/server.mjs";
import { bringUp, cardOf, hashShown, ready } from "./playground.mjs";
import { startStaticSite } from "./static-site.mjs";
import { until } from "./until.mjs";
import { visit } from "./visit.mjs";

/** Opens the site, and has its server closed after the page. */
async function openSite(t, ...others) {
  const site = await startStaticSite();
  const page = await visit(t, site.address, { servers: [site, ...others] });
  await ready(page);
  return page;
}

test("the site works on a plain web server, below any path, under a strict policy", async (t) => {
  const elsewhere = await startServer({ files: { "/file.bin": { size: 1000, cors: { expose: ["ETag"] } } } });
  const page = await openSite(t, elsewhere);
  assert.equal(await page.locator("#samples").isVisible(), false);
  await page.getByLabel("Addresses, one a line").fill(`${elsewhere.origin}/file.bin`);
  await page.getByLabel("Resume at once").check();
  await page.getByRole("button", { name: "Create group" }).click();
  await cardOf(page, "file.bin").word("group", "0x140");
  await until("the drawing", async () => await page.locator(".diagram .node").count() > 0);
  assert.equal(await hashShown(page, "/downloads/file.bin"), elsewhere.file("/file.bin").sha256());
});

test("markup in names, addresses, files and answers is only text", async (t) => {
  const markup = "<img src=x onerror=globalThis.hurt=1><b id=injected>";
  const elsewhere = await startServer();
  elsewhere.put(`/${markup}.html`, { size: 300, type: "text/html", cors: { expose: ["ETag"] }, headers: { ETag: `"${markup}"` } });
  const page = await openSite(t, elsewhere);
  await page.getByLabel("Addresses, one a line").fill(`${elsewhere.origin}/${encodeURIComponent(markup)}.html`);
  await page.getByRole("button", { name: "Create group" }).click();
  await page.locator("#groups li").waitFor();
  const name = await page.locator("#groups [data-field=name]").innerText();
  const card = cardOf(page, name);
  for (const property of ["GROUPPROP_DISPLAYNAME", "GROUPPROP_DESCRIPTION"]) {
    await page.getByLabel(`New value of ${property}`).fill(markup);
    await page.getByRole("button", { name: `Set ${property}` }).click();
  }
  await cardOf(page, markup).row.waitFor();
  await cardOf(page, markup).press("Resume");
  await cardOf(page, markup).word("group", "0x140");
  await page.getByLabel("Search the groups").fill(markup);
  assert.equal(await card.row.count(), 0);
  assert.equal(await cardOf(page, markup).row.count(), 1);
  await bringUp(page, "files");
  await page.locator('#files [data-file="open"]').click();
  await page.locator("#viewer pre").waitFor();
  await page.keyboard.press("Escape");
  await bringUp(page, "record");
  assert.equal(await page.locator("#injected").count(), 0);
  assert.equal(await page.evaluate(() => globalThis.hurt), undefined);
});

test("the page asks a server for little, and its files lead to the sources they were made of", async (t) => {
  const page = await openSite(t);
  const names = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  assert.ok(names.length <= 15, names.join("\n"));
  const sources = await page.evaluate(async () => {
    const script = await (await fetch("app/playground.js")).text();
    const [, map] = /sourceMappingURL=(.+)/.exec(script);
    return (await (await fetch(`app/${map}`)).json()).sources;
  });
  assert.ok(sources.some((source) => source.endsWith("lab/laboratory.js")), sources.join("\n"));
});

test("the page has what a link to it shows: a title, a description, an icon, a language", async (t) => {
  const page = await openSite(t);
  assert.equal(await page.title(), "qmgr: a download queue you can watch");
  const { description, language, icon, headings } = await page.evaluate(async () => ({
    description: document.querySelector('meta[name="description"]').content,
    language: document.documentElement.lang,
    icon: (await fetch(document.querySelector('link[rel="icon"]').href)).headers.get("content-type"),
    headings: document.querySelectorAll("h1").length,
  }));
  assert.ok(description.length > 50 && description.length < 200);
  assert.deepEqual([language, icon, headings], ["en", "image/svg+xml", 1]);
});
