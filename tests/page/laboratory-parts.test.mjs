/** The parts of the laboratory that need no page: links, switches, the player, the record, the console's language. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "acorn";
import { complete } from "../../www/lab/complete.js";
import { FAULTS, scriptOf } from "../../www/lab/faults.js";
import { inspect } from "../../www/lab/inspect.js";
import { interpret, Scope } from "../../www/lab/interpret.js";
import { readLink, usualRun, withoutLink, writeLink } from "../../www/lab/link.js";
import { Player } from "../../www/lab/player.js";
import { passes, RecordModel } from "../../www/lab/record-model.js";
import { SCENARIOS } from "../../www/lab/scenarios.js";
import * as content from "../../www/lab/server/content.js";
import { checked } from "../../www/lab/server/script.js";
import { fileOf, usualSettings } from "../../www/lab/settings.js";
import { bytesOf, sha256Of } from "../server/content.mjs";

const KIB = 1024;

test("the service worker's bytes are those of the scripted server", async () => {
  assert.deepEqual(Buffer.from(await content.bytesOf("/lab/files/a", 2, 12_345, 99_999)), bytesOf("/lab/files/a", 2, 12_345, 99_999));
  assert.equal(await content.sha256Of("/lab/files/a", 1, 3_000_000), sha256Of("/lab/files/a", 1, 3_000_000));
});

test("every switch and every scenario makes a script that the server takes", () => {
  const file = fileOf(usualSettings());
  for (const { id, usual } of FAULTS) {
    const script = scriptOf(file, { [id]: usual ?? true });
    checked(script);
    assert.notDeepEqual(script, scriptOf(file), `${id} changes something`);
  }
  for (const { script } of SCENARIOS) checked({ ...scriptOf(file), ...script(file) });
});

test("a switch that is turned off leaves nothing behind", () => {
  const file = fileOf(usualSettings());
  const all = Object.fromEntries(FAULTS.map(({ id, usual }) => [id, usual ?? true]));
  const mended = { ...scriptOf(file, all, true), ...scriptOf(file) };
  assert.deepEqual(mended, scriptOf(file));
});

test("offline no request is answered, whatever else is on", () => {
  assert.equal(scriptOf(fileOf(usualSettings()), { busy: 5 }, true).connect, "close");
});

test("a link reads as what was written", () => {
  const runs = [
    usualRun(),
    { ...usualRun(), scenario: "replaced", settings: { size: 8, speed: 64, at: 30, pause: 0 }, play: true },
    { ...usualRun(), scenario: "free", site: "other", faults: { cut: 12, norange: true, hide: true } },
  ];
  for (const run of runs) assert.deepEqual(readLink(writeLink(run)), run);
  assert.equal(writeLink(runs[1]), "?lab=replaced,size=8,speed=64,at=30,pause=0,play");
});

test("a link says nothing of the laboratory, or what is wrong with it", () => {
  assert.equal(readLink("?other=1"), null);
  const refused = {
    "?lab=elsewhere": /no scenario “elsewhere”/,
    "?lab=": /no scenario “”/,
    "?lab=cut,size=13": /“File” takes a whole number from 1 to 12 MiB, not “13”/,
    "?lab=cut,size=": /takes a whole number/,
    "?lab=cut,size=1e1": /takes a whole number/,
    "?lab=cut,busy=5": /“busy=5”, which means nothing for this scenario/,
    "?lab=free,busy=0": /from 1 to 60 s, not “0”/,
    "?lab=free,site=moon": /“site=moon”, which means nothing/,
    "?lab=free,__proto__=1": /means nothing/,
  };
  for (const [query, message] of Object.entries(refused)) assert.throws(() => readLink(query), message, query);
});

test("the rest of an address stays when the laboratory's part is taken out", () => {
  assert.equal(withoutLink("?a=1&lab=cut,play&b=2"), "?a=1&b=2");
  assert.equal(withoutLink("?lab=cut"), "");
});

/** A stage on which everything happens as soon as it is asked for. */
function bareStage(log) {
  return {
    file: () => ({ size: 100, speed: 10, at: 50 }),
    until: async (holds) => assert.equal(holds(), true),
    pause: async (milliseconds) => log.push(`pause ${milliseconds}`),
  };
}

const scenario = (log, claims = [true]) => ({
  steps: [
    { says: "one", run: () => log.push("run one"), until: () => log.push("until one") > 0 },
    { says: "two", until: (_, { at }) => at === 50 },
  ],
  verdict: claims.map((holds) => ({ says: "claim", holds: async () => holds })),
});

test("a player takes step after step and then judges", async () => {
  const log = [];
  const player = new Player(scenario(log), { pause: 2 });
  player.addEventListener("step", ({ detail }) => log.push(`step ${detail.index}`));
  player.addEventListener("claim", ({ detail }) => log.push(`claim ${detail.index} ${detail.holds}`));
  assert.equal(await player.play(bareStage(log), new AbortController().signal), true);
  assert.deepEqual(log, ["step 0", "run one", "until one", "pause 2000", "step 1", "pause 2000", "step 2", "claim 0 true"]);
});

test("one claim that does not hold makes the verdict", async () => {
  const player = new Player(scenario([], [true, false, true]), { pause: 0 });
  assert.equal(await player.play(bareStage([]), new AbortController().signal), false);
});

test("a player that is stopped says nothing more", async () => {
  const stopping = new AbortController();
  const seen = [];
  const player = new Player(scenario([]), { pause: 0 });
  player.addEventListener("step", ({ detail }) => {
    seen.push(detail.index);
    stopping.abort(new Error("stopped"));
  });
  await assert.rejects(player.play(bareStage([]), stopping.signal), /stopped/);
  assert.deepEqual(seen, [0]);
});

const row = (groupId, changes = {}) => ({
  groupId, name: `group ${groupId}`, status: 0x080, state: "transferring", bytesDone: 0, bytesTotal: 1000, wait: null, error: null, files: [], ...changes,
});
const call = (time, text = "resumeGroup() → S_OK") => ({ time, kind: "call", groupId: "a", who: "group a", text });

test("the record shows the queue as it was after any step", () => {
  const record = new RecordModel();
  record.saw(row("a"), 0);
  record.saw(row("b"), 10);
  const { number } = record.saw(row("a", { bytesDone: 500 }), 2000);
  record.saw(row("a", { state: "complete", status: 0x140, bytesDone: 1000 }), 3000);
  record.left("b", 4000);
  assert.deepEqual(record.rowsAt(0), [row("a")]);
  assert.deepEqual(record.rowsAt(number), [row("a", { bytesDone: 500 }), row("b")]);
  assert.deepEqual(record.rowsAt(number + 1).map(({ state }) => state), ["complete", "transferring"]);
  assert.deepEqual(record.rowsAt(Infinity), record.rows());
  assert.deepEqual(record.rows().map(({ groupId }) => groupId), ["a"]);
});

test("what is forgotten of the record is still known of the queue", () => {
  const record = new RecordModel({ kept: 3 });
  record.saw(row("a"), 0);
  record.saw(row("b"), 1);
  for (let time = 2; time < 50; time += 1) record.note(call(time));
  assert.equal(record.steps.length, 3);
  assert.deepEqual(record.rowsAt(record.steps[0].number), [row("a"), row("b")]);
  record.clear();
  assert.deepEqual([record.steps, record.rowsAt(Infinity)], [[], [row("a"), row("b")]]);
  assert.deepEqual(JSON.parse(JSON.stringify(record)).base, [row("a"), row("b")]);
});

test("more bytes are worth a step only now and then, a change always", () => {
  const record = new RecordModel();
  record.saw(row("a"), 0);
  const steps = [];
  for (let time = 0; time <= 2000; time += 50) steps.push(record.saw(row("a", { bytesDone: time }), time));
  assert.equal(steps.filter(Boolean).length, 4);
  assert.equal(record.saw(row("a", { bytesDone: 1550 }), 9000), null, "nothing is new");
  const wait = { reason: "backoff", nextAttemptAt: 9500, lastError: null };
  assert.match(record.saw(row("a", { bytesDone: 2000, state: "waiting", wait }), 9001).text, /transferring → waiting, waits: backoff/);
  assert.match(record.saw(row("a", { bytesDone: 0 }), 9002).text, /begins anew/);
});

test("hundreds of groups that move do not flood the record", () => {
  const record = new RecordModel();
  for (let group = 0; group < 500; group += 1) record.saw(row(String(group)), 0);
  for (let time = 16; time < 1016; time += 16) {
    for (let group = 0; group < 500; group += 1) record.saw(row(String(group), { bytesDone: time }), time);
  }
  assert.ok(record.steps.length <= 510, `${record.steps.length} steps`);
});

test("the record is filtered by kind, by group and by words", () => {
  const record = new RecordModel();
  record.note(call(0));
  record.note({ ...call(1, "cancelGroup() → S_OK"), groupId: "b", who: "group b" });
  record.note({ ...call(2, "role active"), kind: "event", groupId: null });
  const kinds = new Set(["call", "event"]);
  const found = (filter) => record.filtered({ kinds, ...filter }).map(({ number }) => number);
  assert.deepEqual(found({}), [2, 1, 0]);
  assert.deepEqual(found({ kinds: new Set(["call"]) }), [1, 0]);
  assert.deepEqual(found({ groupId: "b" }), [1]);
  assert.deepEqual(found({ words: "CANCEL  s_ok" }), [1]);
  assert.deepEqual(record.filtered({ kinds }, 1).map(({ number }) => number), [2]);
  assert.equal(passes(record.steps[0], { kinds, words: "cancel" }), false);
});

/** Runs a line of the console's language, with some names. */
function run(text, names = {}, scope = new Scope(names)) {
  const program = parse(text, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: true });
  return interpret(program, scope, { qmgr: { S_OK: 0 } });
}

test("the console calls, awaits, takes apart and puts together", async () => {
  const cases = [
    ["1 + 2 * 3", 7],
    ["const [a, , c] = [1, 2, 3]; const { x, y: z } = { x: a, y: c }; [x, z]", [1, 3]],
    ["await later(4)", 4],
    ["[1, 2, 3].map((n) => n * 2).join()", "2,4,6"],
    ["await (async () => { const n = await later(1); return n + 1; })()", 2],
    ["let all = ''; for (const each of ['a', 'b']) all = all + each; all", "ab"],
    ["`${1}-${later.name}`", "1-later"],
    ["none?.length ?? 'none'", "none"],
    ["none?.at(0)", undefined],
    ["(status & 0x080) !== 0 && !(status & 0x100)", true],
    ["import { S_OK } from 'qmgr'; S_OK", 0],
    ["const callback = { onStatus(group, ...rest) { return rest.length; } }; callback.onStatus(1, 2, 3)", 2],
    ["holder.give()", "held"],
    ["status === 0x080 ? 'runs' : 'stands'", "runs"],
  ];
  const names = { later: async function later(value) { return value; }, none: undefined, status: 0x080, holder: { held: "held", give() { return this.held; } } };
  for (const [text, expected] of cases) assert.deepEqual(await run(text, names), expected, text);
});

test("a name that a line declares is there for the next one", async () => {
  const scope = new Scope({ queue: 1 });
  await run("const group = queue + 1", {}, scope);
  assert.equal(await run("group", {}, scope), 2);
  assert.deepEqual(scope.names(), ["group"]);
});

test("the console knows nothing that it was not given, and no way to it", async () => {
  const refused = [
    "globalThis", "window", "fetch('/')", "this", "(() => {}).constructor('return 1')()", "[]['constr' + 'uctor']", "''.__proto__",
    "({ __proto__: 1 })", "const { constructor } = {}", "const { ['constructor']: c } = {}", "[]?.constructor", "import('qmgr')", "import x from 'other'", "new Date()", "while (true) {}",
    "class A {}", "function* f() { yield 1 }", "held.a = 1", "held = 1", "delete held.a", "/x/", "(() => await1)()", "x => { throw 1 }; eval('1')",
  ];
  for (const text of refused) {
    await assert.rejects(run(text, { held: { a: 1 } }), (error) => ["SyntaxError", "ReferenceError", "TypeError"].includes(error.name), text);
  }
});

test("what a call throws reaches whoever typed it", async () => {
  const fail = () => { throw Object.assign(new Error("taken"), { name: "QmgrError", hresult: 0x80070057 }); };
  await assert.rejects(run("fail()", { fail }), { hresult: 0x80070057 });
  await assert.rejects(run("await later()", { later: async () => fail() }), { hresult: 0x80070057 });
});

test("a line is completed by names and by the members of what stands before the dot", () => {
  class Group {
    getStatus() { return 1; }
    getDetails() { return 1; }
    get groupId() { throw new Error("asked"); }
  }
  const names = { group: new Group(), groups: 1, nested: { inner: { deep: 1 } } };
  const words = (text) => complete(text, Object.keys(names), (name) => names[name]).words;
  assert.deepEqual(words("await gro"), ["group", "groups"]);
  assert.deepEqual(words("group.get"), ["getDetails", "getStatus"]);
  assert.deepEqual(words("group."), ["getDetails", "getStatus", "groupId"]);
  assert.deepEqual(words("nested.inner."), ["deep"]);
  assert.deepEqual(words("nobody.in"), []);
  assert.deepEqual(words("group.groupId.le"), [], "a getter is not asked");
});

test("a value is written short, and a pair with names shows them", () => {
  const pair = Object.defineProperties([0x140, 0], { status: { value: 0x140 }, jobIndex: { value: 0 } });
  assert.equal(inspect(pair), "[320, 0, status: 320, jobIndex: 0]");
  assert.equal(inspect({ a: { b: { c: { d: 1 } } }, text: "x" }), '{ a: { b: { c: {…} } }, text: "x" }');
  assert.equal(inspect(Array(60).fill(1)).endsWith("… 10 more]"), true);
  assert.equal(inspect("plain"), "plain");
  assert.equal(inspect([null, undefined, -0, 5n]), "[null, undefined, 0, 5n]");
});

test("the usual speed of a file and where something happens are bytes", () => {
  assert.deepEqual(fileOf({ size: 4, speed: 1024, at: 50 }), { size: 4 * KIB * KIB, speed: KIB * KIB, at: 2 * KIB * KIB });
});
