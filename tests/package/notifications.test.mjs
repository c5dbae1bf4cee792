/** What callbacks hear of a queue in memory, through the package in Node.js. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { outputOf, projectWith } from "./project.mjs";

const NO_FILE = 4294967295;

test("the callbacks of a queue in memory", async (t) => {
  const project = await projectWith(t, { "notifications.js": "notifications.js" });
  const heard = JSON.parse(await outputOf(project, "notifications.js"));

  await t.test("an error is told with the group, its job and five numbers, once", () => {
    // File 1, the word, no retries, the whole HRESULT since it is no Win32 code, the HTTP status.
    const numbers = [1, 0x380, 0, 0x80190194, 404];
    assert.deepEqual(heard["an error"], { same: [true, true, true, true, true], numbers, calls: 1 });
  });

  await t.test("a completion is told where GROUP_DONE asks for it", () => {
    assert.deepEqual(heard["a completion"], { job: true, numbers: [NO_FILE, 0x140, 0, 0, 0] });
  });

  await t.test("without GROUP_DONE no completion is told, and with DISABLE_NOTIFY nothing", () => {
    assert.equal(heard.silence, 0);
  });

  await t.test("after anything but S_OK the callback is called again, a second later", () => {
    for (const [name, isLater] of Object.entries(heard["whatever is not S_OK"])) assert.ok(isLater, name);
    assert.equal(Object.keys(heard["whatever is not S_OK"]).length, 7);
  });

  await t.test("a callback may call the API, wait for other callbacks and cancel its own group", () => {
    assert.deepEqual(heard["re-entrance"], { within: 0, outer: 1, inner: 1 });
  });

  await t.test("callbacks that never answer keep no other one waiting", () => {
    assert.deepEqual(heard["a promise that hangs"], { never: 9, heard: 1 });
  });

  await t.test("a class makes the callback of each group that names it, and the null class takes it away", () => {
    assert.deepEqual(heard["a class"], {
      unknown: "REGDB_E_CLASSNOTREG",
      atFirst: 0,
      made: 2,
      text: ["{11111111-2222-3333-4444-555555555555}", "{00000000-0000-0000-0000-000000000000}"],
      group: true,
      cleared: 0,
    });
  });

  await t.test("a class makes one callback for an event that waits", () => {
    assert.deepEqual(heard["a class for an event that waits"], [1]);
  });

  await t.test("a class that makes no callback is refused, and the property stays", () => {
    const text = "{00000000-0000-0000-0000-000000000000}";
    assert.deepEqual(heard["a class that makes no callback"], { nothing: "E_NOINTERFACE", thrown: "out of objects", text });
  });

  await t.test("what is no pointer is refused", () => {
    assert.deepEqual(heard["what is no pointer"], {
      otherInterface: "E_NOINTERFACE",
      noObject: "E_INVALIDARG",
      noMethod: "E_INVALIDARG",
      missing: "E_INVALIDARG",
      null: "done",
    });
  });

  await t.test("a replaced pointer is not waited for", () => {
    assert.deepEqual(heard["a replaced pointer"], { before: 1, after: 1, itsGroup: true });
  });
});
