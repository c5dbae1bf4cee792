/** The conformance rows, against the built package in Node.js, with its bytes in memory and a `fetch` of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { PKG } from "../page/visit.mjs";
import { runRow } from "./runner/row.mjs";
import { contents, fetchFrom, serve } from "./runner/served.mjs";
import { casesFor, countOf, headerConstants, story } from "./runner/table.mjs";

/** So many cases wait for each other's timers at once. */
const AT_ONCE = 16;

test("every row holds in Node.js", async () => {
  const qmgr = await import(new URL("node.js", pathToFileURL(PKG)));
  const cases = await casesFor("node");
  const constants = await headerConstants();
  assert.notEqual(cases.length, 0, "there are rows");
  const files = new Map();
  const failures = [];
  const queue = cases.entries();
  const worker = async () => {
    for (const [index, one] of queue) {
      const directory = `/${index}`;
      const fetch = fetchFrom(files);
      const place = {
        qmgr,
        constants,
        base: `http://server.test${directory}`,
        open: (options) => qmgr.QueueManager.open({ ...options, name: directory, storage: "memory", fetch }),
        serve: async (path, changes) => serve(files, directory + path, changes),
        contents: async () => contents(files, directory),
        reload: async () => { throw new Error("nothing in memory outlives its engine"); },
      };
      const found = await runRow(place, one.row, one.way, one.options);
      if (found !== null) failures.push(story(one, found));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) assert.fail(`${failures.length} cases fail:\n${failures.join("\n")}`);
  console.log(`node: ${countOf(cases)} rows hold, in ${cases.length} cases`);
});
