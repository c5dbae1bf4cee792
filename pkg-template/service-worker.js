// The entry for service workers that are modules; `service-worker.classic.js` is the same as a classic script.
export { fileUrl } from "./lib/serving/paths.js";
export { serveFiles } from "./lib/serving/serve-files.js";
