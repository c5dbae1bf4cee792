/** The playground as the files of a plain web server, below some path and under a strict policy. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sirv from "sirv";
import { startServer } from "../server/server.mjs";
import { assembleSite } from "../server/site.mjs";
import { bringUp, cardOf, hashShown, ready } from "./playground.mjs";
import { PKG, until, visit } from "./visit.mjs";

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob:; "
  + "media-src blob:; connect-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const BASE = "/some/where/";

/** Assembles the site and serves it with headers of its own, and nothing else. */
async function staticSite(t) {
  const directory = await mkdtemp(join(tmpdir(), "site-"));
  await assembleSite(directory, PKG);
  const files = sirv(directory, { setHeaders: (response) => response.setHeader("Content-Security-Policy", POLICY) });
  const server = createServer((request, response) => {
    const missing = () => response.writeHead(404).end();
    if (!request.url.startsWith(BASE)) return missing();
    request.url = request.url.slice(BASE.length - 1);
    return files(request, response, missing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await rm(directory, { recursive: true });
  });
  return `http://127.0.0.1:${server.address().port}${BASE}`;
}

test("the site works on a plain web server, below any path, under a strict policy", async (t) => {
  const address = await staticSite(t);
  const elsewhere = await startServer({ files: { "/file.bin": { size: 1000, cors: { expose: ["ETag"] } } } });
  t.after(() => elsewhere.close());
  const page = await visit(t, address);
  await ready(page);
  assert.equal(await page.locator("#samples").isVisible(), false);
  await page.getByLabel("Addresses, one a line").fill(`${elsewhere.origin}/file.bin`);
  await page.getByLabel("Resume at once").check();
  await page.getByRole("button", { name: "Create group" }).click();
  await cardOf(page, "file.bin").word("group", "0x140");
  await until("the drawing", async () => await page.locator(".diagram .node").count() > 0);
  assert.equal(await hashShown(page, "/downloads/file.bin"), elsewhere.file("/file.bin").sha256());
});

test("markup in names, addresses, files and answers is only text", async (t) => {
  const address = await staticSite(t);
  const markup = "<img src=x onerror=globalThis.hurt=1><b id=injected>";
  const elsewhere = await startServer();
  elsewhere.put(`/${markup}.html`, { size: 300, type: "text/html", cors: { expose: ["ETag"] }, headers: { ETag: `"${markup}"` } });
  t.after(() => elsewhere.close());
  const page = await visit(t, address);
  await ready(page);
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

test("the page has what a link to it shows: a title, a description, an icon, a language", async (t) => {
  const page = await visit(t, await staticSite(t));
  await ready(page);
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
