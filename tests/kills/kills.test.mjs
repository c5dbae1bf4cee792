/**
 * Never lost: a browser whose processes are killed at random instants, again and again, with the same profile.
 *
 * QMGR_KILLS says how often in each test, QMGR_SEED where the instants and commands come from. The instants are the same
 * for the same seed; what the machine has done by then is not.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { drawing } from "../server/faults.mjs";
import { until } from "../page/until.mjs";
import { place } from "./place.mjs";

const KILLS = Number(process.env.QMGR_KILLS ?? 6);
const SEED = Number(process.env.QMGR_SEED ?? 1);
const MIB = 1 << 20;
/** What a slow machine may take for anything that has to happen. */
const LIMIT = 60_000;

/** What is drawn from the seed; says how it is drawn again. */
function chance(name) {
  console.log(`${name}: ${KILLS} kills; QMGR_SEED=${SEED} QMGR_KILLS=${KILLS} draws them again`);
  const draw = drawing(`${name} ${SEED}`);
  const below = Array.from({ length: 1000 }, (_, index) => index / 1000);
  /** A number from 0 up to `end`. */
  return (end) => draw(below) * end;
}

const SIZE = 4 * MIB;
const RATE = MIB;
const FILES = 3;
/** Files beside each of the three, so that publishing takes long enough to be hit. */
const SMALL = 8;
/** By bytes alone: the interval is out of reach. */
const CHECKPOINT = MIB;
const DOWNLOADS = { checkpoint: { bytes: CHECKPOINT, interval: 600_000 }, retry: { minimumDelay: 50, maximumDelay: 200 } };
/** 0x440 and 0x480: foreground groups, which all run at once. */
const [COMPLETE, RUNNING] = [0x540, 0x480];

test(`three files while the browser is killed ${KILLS} times: exact at the end, and little is fetched twice`, async (t) => {
  const random = chance("downloads");
  const { server, open, kill, torn } = await place(t);
  let kills = 0;
  let publishing = 0;
  const losses = [];

  for (let batch = 0; kills < KILLS; batch += 1) {
    const groups = Array.from({ length: FILES }, (_, index) => filesOf(server, `/${batch}/${index}`));
    let page = await open();
    const ids = await page.evaluate(start, [groups, DOWNLOADS]);
    for (let ended = false; !ended;) {
      // One in three goes for the moment when files are moved to their names.
      const instant = random(3) < 1 ? Infinity : random(2500);
      const which = await Promise.race([
        page.evaluate(published, [ids, DOWNLOADS]),
        Number.isFinite(instant) ? sleep(instant, "instant") : new Promise(() => {}),
      ]);
      ended = which === "complete" || kills === KILLS;
      if (ended) break;
      if (which === "publishing") await sleep(random(40));
      await kill();
      kills += 1;
      publishing += which === "publishing" ? 1 : 0;
      page = await open();
      const states = await page.evaluate(find, [ids, DOWNLOADS]);
      for (const status of states) assert.ok([RUNNING, COMPLETE].includes(status), `0x${status.toString(16)} after a kill`);
    }
    await until("all groups complete by themselves", async () => (await page.evaluate(find, [ids, DOWNLOADS])).every((status) => status === COMPLETE), LIMIT);
    for (const { remoteFile, localFile } of groups.flat()) {
      const { pathname } = new URL(remoteFile);
      assert.equal(await page.evaluate((file) => lab.hash(file), localFile), server.file(pathname).sha256(), localFile);
    }
    losses.push(...groups.flatMap(([{ remoteFile }]) => lost(server.log.gets(new URL(remoteFile).pathname))));
    await page.evaluate(clear, [ids, groups.flat()]);
    await kill();
  }

  const total = losses.reduce((sum, loss) => sum + loss, 0);
  const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
  console.log(`downloads: ${kills} kills, ${publishing} of them during publishing; ${losses.length} connections were lost, `
    + `${kib(total)} fetched twice, at most ${kib(Math.max(0, ...losses))} at once; a checkpoint is ${kib(CHECKPOINT)}; ${torn()} tore the browser's log`);
  assert.equal(kills, KILLS);
  assert.deepEqual(losses.filter((loss) => loss > CHECKPOINT).map(kib), [], "more than one checkpoint of a connection was fetched twice");
});

/** The files of one group: a long one between short ones. */
function filesOf(server, base) {
  const add = (name, script) => {
    server.put(base + name, script);
    return { remoteFile: server.origin + base + name, localFile: base + name };
  };
  const long = add("/long", { size: SIZE, bytesPerSecond: RATE });
  return [long, ...Array.from({ length: SMALL }, (_, index) => add(`/${index}`, { size: 1000 + index }))];
}

/** In the page: groups that all run at once. */
async function start([groups, options]) {
  const queue = await lab.queue(options);
  return Promise.all(groups.map(async (files) => {
    const group = await queue.createGroup();
    await (await group.createJob()).addFiles(files);
    await group.switchToForeground();
    await group.resumeGroup();
    return group.groupId;
  }));
}

/** In the page: the groups' status words. */
async function find([ids, options]) {
  const queue = await lab.queue(options);
  const groups = await Promise.all(ids.map((id) => queue.getGroup(id)));
  return groups.map((group) => group.getStatus().status);
}

/** In the page: resolves when a group is seen to publish, or when all are complete. */
async function published([ids, options]) {
  const queue = await lab.queue(options);
  const groups = await Promise.all(ids.map((id) => queue.getGroup(id)));
  return new Promise((resolve) => {
    const look = () => {
      const states = groups.map((group) => group.getDetails().state);
      if (states.includes("publishing")) resolve("publishing");
      if (states.every((state) => state === "complete")) resolve("complete");
    };
    queue.addEventListener("change", look);
    look();
  });
}

/** In the page: takes everything away again. */
async function clear([ids, files]) {
  const queue = await lab.queue();
  for (const id of ids) await (await queue.getGroup(id)).cancelGroup();
  for (const { localFile } of files) await queue.deleteFile(localFile);
}

/**
 * What each lost connection of a file had brought that was asked for again: from where the next request began to the last
 * byte that the server had sent. The server sends at a pace that a page keeps up with, so sent is received but for what
 * is on its way. A request that begins behind that would leave a gap.
 */
function lost(requests) {
  return requests.slice(1).map((request, index) => {
    const before = requests[index];
    const loss = startOf(before) + before.sent - startOf(request);
    assert.ok(loss >= 0, `${request.range} leaves a gap of ${-loss} bytes`);
    return loss;
  });
}

function startOf({ range }) {
  return Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);
}

/** Groups that a page makes and changes at the same time, so that several commands are in flight. */
const LANES = 4;
const STEPS = ["createGroup", "createJob", "addFiles", "resumeGroup", "cancelGroup"];
const FILE_COUNT = 5;

test(`commands in flight while the browser is killed ${KILLS} times: each is carried out once or not at all`, async (t) => {
  const random = chance("commands");
  const { server, open, kill, torn } = await place(t);
  // Its bytes never come, so a group stays as its last command left it.
  server.put("/never", { size: MIB, stallAfter: 0 });
  let flying = 0;
  let answered = 0;
  let hear = () => {};
  let page = await open((line) => hear(line));

  for (let kills = 0; kills < KILLS; kills += 1) {
    const plans = Array.from({ length: 400 }, (_, index) => planOf(server, index, random));
    const sent = plans.map(() => 0);
    const done = plans.map(() => 0);
    let begun;
    const started = new Promise((resolve) => begun = resolve);
    hear = (line) => {
      const [what, plan, step] = line.split(" ");
      if (what === "sent") sent[plan] = Number(step);
      if (what !== "done") return;
      done[plan] = Number(step);
      begun();
    };
    page.evaluate(command, [plans, LANES]).catch(() => {});
    await started;
    await sleep(random(600));
    await kill();

    page = await open((line) => hear(line));
    const found = await page.evaluate(everything);
    assert.deepEqual(found.map(({ groupId }) => groupId).filter((id) => !plans.some((plan) => plan.groupId === id)), [], "groups that nobody made");
    assert.equal(new Set(found.map(({ groupId }) => groupId)).size, found.length, "a group that is there twice");
    for (const [index, plan] of plans.entries()) {
      const group = found.find(({ groupId }) => groupId === plan.groupId);
      const possible = plan.stages.slice(done[index], plan.steps + 1);
      assert.ok(possible.includes(stageOf(group)), `kill ${kills + 1}, group ${index}: ${stageOf(group)} after ${done[index]} of ${sent[index]} commands were answered`);
    }
    flying += sent.filter((step, index) => step > done[index]).length;
    answered += done.reduce((sum, step) => sum + step, 0);
    await page.evaluate(cancelAll);
  }
  console.log(`commands: ${KILLS} kills, ${answered} commands answered before, ${flying} in flight; ${torn()} tore the browser's log`);
});

/** What is to be done with one group, how many of the steps, and how it has to look after each. */
function planOf(server, index, random) {
  const [groupId, jobId] = [randomUUID(), randomUUID()];
  const files = Array.from({ length: FILE_COUNT }, (_, file) => ({ remoteFile: `${server.origin}/never?${index}-${file}`, localFile: `/${index}/${file}` }));
  const group = { groupId, status: 0x180, jobs: [] };
  const job = (names, status) => ({ ...group, status, jobs: [{ jobId, files: names }] });
  const names = files.map(({ localFile }) => localFile);
  const stages = [undefined, group, job([], 0x180), job(names, 0x180), job(names, 0x080), undefined].map(stageOf);
  return { groupId, jobId, files, steps: random(2) < 1 ? STEPS.length : STEPS.length - 1, stages };
}

/** How a group looks, as one text; an absent one has a text too. */
function stageOf(group) {
  return group === undefined ? "absent" : JSON.stringify(group);
}

/** In the page: carries out the plans, some at a time, and says what was sent and what was answered. */
async function command([plans, lanes]) {
  const queue = await lab.queue();
  const waiting = [...plans.entries()];
  const lane = async () => {
    for (const [index, { groupId, jobId, files, steps }] of waiting.splice(0, 1)) {
      let group;
      let job;
      const all = [
        async () => group = await queue.createGroup(groupId),
        async () => job = await group.createJob(jobId),
        () => job.addFiles(files),
        () => group.resumeGroup(),
        () => group.cancelGroup(),
      ];
      for (const [step, send] of all.slice(0, steps).entries()) {
        console.log(`sent ${index} ${step + 1}`);
        await send();
        console.log(`done ${index} ${step + 1}`);
      }
      await lane();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** In the page: all that is in the queue. */
async function everything() {
  const queue = await lab.queue();
  const groups = [];
  for (const groupId of await queue.enumGroups()) {
    const group = await queue.getGroup(groupId);
    const jobs = [...group.enumJobs()].map((jobId) => {
      const job = group.getJob(jobId);
      return { jobId, files: Array.from({ length: job.getFileCount() }, (_, index) => job.getFile(index).localFile) };
    });
    groups.push({ groupId, status: group.getStatus().status, jobs });
  }
  return groups;
}

/** In the page: empties the queue. */
async function cancelAll() {
  const queue = await lab.queue();
  for (const groupId of await queue.enumGroups()) await (await queue.getGroup(groupId)).cancelGroup();
}
