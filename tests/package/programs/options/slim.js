export const options = { wasm: "/node_modules/qmgr/qmgr_bg.wasm", worker: "/node_modules/qmgr/worker.js" };
