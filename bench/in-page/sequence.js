/**
 * The same steps of a download (resume, connected, some progress, pause) through state machines that a web developer
 * would write otherwise, and the commands among them through our whole public API. After each step the status word is
 * read. A machine keeps its state in memory; our queue commits each command before it answers.
 */
import { createMachine, interpret, reduce, state, transition } from "robot3";
import { assign, createActor, createMachine as createXStateMachine } from "xstate";
import { QueueManager } from "/pkg/index.js";

const [RUNNING, SUSPENDED] = [0x80, 0x180];
const CYCLE = ["resume", "connected", ...Array(8).fill("progress"), "pause"];
const PIECE = 1 << 20;

/** Steps a second over so many cycles. */
function stepsASecond(cycles, { send, word }) {
  let words = 0;
  const start = performance.now();
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (const type of CYCLE) {
      send({ type, bytes: PIECE });
      words += word();
    }
  }
  const ms = performance.now() - start;
  const expected = cycles * ((CYCLE.length - 1) * RUNNING + SUSPENDED);
  if (words !== expected) throw new Error(`the words add up to ${words}, not ${expected}`);
  return cycles * CYCLE.length / ms * 1e3;
}

export function xstate(cycles) {
  const machine = createXStateMachine({
    context: { bytes: 0, word: SUSPENDED },
    initial: "suspended",
    states: {
      suspended: { on: { resume: { target: "connecting", actions: assign({ word: RUNNING }) } } },
      connecting: { on: { connected: "transferring", pause: { target: "suspended", actions: assign({ word: SUSPENDED }) } } },
      transferring: {
        on: {
          progress: { actions: assign({ bytes: ({ context, event }) => context.bytes + event.bytes }) },
          pause: { target: "suspended", actions: assign({ word: SUSPENDED }) },
        },
      },
    },
  });
  const actor = createActor(machine).start();
  return stepsASecond(cycles, { send: (event) => actor.send(event), word: () => actor.getSnapshot().context.word });
}

export function robot(cycles) {
  const become = (word) => reduce((context) => ({ ...context, word }));
  const machine = createMachine({
    suspended: state(transition("resume", "connecting", become(RUNNING))),
    connecting: state(transition("connected", "transferring"), transition("pause", "suspended", become(SUSPENDED))),
    transferring: state(
      transition("progress", "transferring", reduce((context, event) => ({ ...context, bytes: context.bytes + event.bytes }))),
      transition("pause", "suspended", become(SUSPENDED)),
    ),
  }, () => ({ bytes: 0, word: SUSPENDED }));
  const service = interpret(machine, () => {});
  return stepsASecond(cycles, { send: (event) => service.send(event), word: () => service.context.word });
}

/** `resumeGroup()` and `suspendGroup()` in turn, each awaited, over a transport that never answers. */
export async function commands(cycles) {
  const silent = (_, { signal }) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  const queue = await QueueManager.open({ name: "sequence", storage: "memory", fetch: silent });
  const group = await queue.createGroup();
  const job = await group.createJob();
  await job.addFiles([{ remoteFile: `${location.origin}/files/none.bin`, localFile: "/none.bin" }]);
  const start = performance.now();
  let words = 0;
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    await group.resumeGroup();
    words += group.getStatus().status;
    await group.suspendGroup();
    words += group.getStatus().status;
  }
  const ms = performance.now() - start;
  await queue.close();
  if (words !== cycles * (RUNNING + SUSPENDED)) throw new Error("the words are not those of the commands");
  return cycles * 2 / ms * 1e3;
}
