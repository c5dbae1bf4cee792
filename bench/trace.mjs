/** What a page's main thread did, from the browser's own trace. */
import { once } from "node:events";
import { rendererOf } from "../tests/page/processes.mjs";

/** The CPU time in milliseconds of the longest task of the page's main thread while `during` runs. */
export async function longestTask(page, during) {
  const browser = page.context().browser();
  const renderer = await rendererOf(page);
  const session = await browser.newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel", "__metadata"] } });
  await during();
  const complete = once(session, "Tracing.tracingComplete");
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  const main = events.find(({ name, pid, args }) => name === "thread_name" && pid === renderer && args.name === "CrRendererMain");
  const tasks = events.filter(({ ph, pid, tid, tdur }) => ph === "X" && pid === renderer && tid === main?.tid && tdur !== undefined);
  if (tasks.length === 0) throw new Error("the trace has no task of the page's main thread");
  return Math.max(...tasks.map(({ tdur }) => tdur)) / 1e3;
}
