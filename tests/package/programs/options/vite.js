import wasm from "qmgr/qmgr.wasm?url";
import worker from "qmgr/worker?url";

export const options = { wasm, worker };
