/** Five hundred groups, for the test that counts what the page does with them and the command that measures it. */
import { ready } from "./playground.mjs";

export const GROUPS = 500;

/** Fills the page's queue and loads the page anew, as a person finds it the next day. */
export async function fillQueue(page, origin) {
  await page.evaluate(async ([count, server]) => {
    const { QueueManager, GROUPPROP_DISPLAYNAME } = await import("/qmgr/index.js");
    const queue = await QueueManager.open();
    await Promise.all(Array.from({ length: count }, async (_, index) => {
      const group = await queue.createGroup();
      const job = await group.createJob();
      await job.addFiles([{ remoteFile: `${server}/many/${index}.bin`, localFile: `/many/${index}.bin` }]);
      await group.setProp(GROUPPROP_DISPLAYNAME, `group ${index}`);
    }));
  }, [GROUPS, origin]);
  await page.reload();
  await ready(page);
}
