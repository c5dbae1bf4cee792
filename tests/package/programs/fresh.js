// Downloads a file from a server that wants each request signed, and prints what it was asked.
import { createServer } from "node:http";
import { QueueManager } from "qmgr";

const bytes = new Uint8Array(100_000).map((_, index) => index * 7);
const seen = [];
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  seen.push([pathname, searchParams.get("signature"), request.headers["x-key"], request.headers.range]);
  if (searchParams.get("signature") !== String(seen.length)) return response.writeHead(403).end();
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range)[1]);
  response.writeHead(206, { ETag: '"one"', "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}`, "Content-Length": bytes.length - start });
  if (seen.length > 1) return response.end(bytes.subarray(start));
  response.write(bytes.subarray(0, 40_000));
  return setTimeout(() => response.destroy(), 300);
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const remoteFile = `http://127.0.0.1:${server.address().port}/file.bin`;

const asked = [];
const retry = { minimumDelay: 10, maximumDelay: 10 };
const queue = await QueueManager.open({
  retry,
  async onRequest(request) {
    asked.push(request);
    const url = new URL(request.remoteFile);
    url.searchParams.set("signature", asked.length);
    return { url, headers: new Headers({ "X-Key": "k" }) };
  },
});
const group = await queue.createGroup();
const job = await group.createJob();
await job.addFiles([{ remoteFile, localFile: "/file.bin" }]);
await group.resumeGroup();
await group.finished();
const file = new Uint8Array(await (await queue.openFile("/file.bin")).arrayBuffer());

const refused = await QueueManager.open({ onRequest: "no function" }).catch((error) => error.code);
await queue.close();
server.close();
console.log(JSON.stringify({
  isWhole: file.length === bytes.length && file.every((byte, index) => byte === bytes[index]),
  seen,
  asked: asked.map(({ groupId, jobId, remoteFile: asks, ...rest }) => [groupId === group.groupId, jobId === job.jobId, asks === remoteFile, rest]),
  refused,
}));
