import { download } from "./download.js";

console.log(JSON.stringify(await download(process.argv[2], { storage: "memory" })));
