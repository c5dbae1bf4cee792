/**
 * `qmgr/service-worker` as one classic script: after `importScripts` its exports are members of the global `qmgr`.
 *
 * @example
 * /// <reference types="qmgr/service-worker.classic.js" />
 * importScripts("/node_modules/qmgr/service-worker.classic.js");
 * qmgr.serveFiles({ prefix: "/files/" });
 *
 * @module
 */
export * from "./service-worker.js";
export as namespace qmgr;
