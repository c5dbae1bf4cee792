/** Each entry has the types of the first, and the others say what they are. */
import * as qmgr from "qmgr";
import * as inline from "qmgr/inline";
import * as slim from "qmgr/slim";
import * as worker from "qmgr/worker";

export const entries: (typeof qmgr)[] = [inline, slim];
export const nothing: keyof typeof worker extends never ? true : false = true;
export const open: Promise<qmgr.QueueManager> = slim.QueueManager.open({ wasm: new Uint8Array(), worker: () => new Worker("/worker.js") });
