/** The laboratory, opened with the scripted server or with one in a service worker. */
import { startPlayground } from "../server/playground.mjs";
import { ready } from "./playground.mjs";
import { startStaticSite } from "./static-site.mjs";
import { until } from "./until.mjs";
import { PKG, visit } from "./visit.mjs";

/** A small file, and no time to read: the tests do not read. */
export const QUICK = "size=1,pause=0";
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 1000 };
/** A browser says by itself that a request failed. */
const FAILED = [/status of 503/, /ERR_INCOMPLETE_CHUNKED|ERR_CONTENT_LENGTH_MISMATCH|ERR_CONNECTION|ERR_EMPTY_RESPONSE/, /Failed to load resource/];

/** Where the page may be served: by the scripted server, or by any other, with a service worker in its place. */
export const PLACES = {
  async "the scripted server"() {
    const { origin, close } = await startPlayground({ pkg: PKG });
    return { address: `${origin}/`, close };
  },
  "a plain web server": startStaticSite,
};

export async function open(t, place, query = "", prelude = undefined) {
  const server = await PLACES[place]();
  const page = await visit(t, `${server.address}${query}`, { expected: FAILED, prelude, servers: [server] });
  await ready(page);
  return page;
}

export const outcome = (page) => until("an outcome", () => page.locator("#lab-outcome").textContent(), 60_000);
export const claims = (page) => page.locator("#lab-verdict li").evaluateAll((items) => items.map(({ dataset }) => dataset.holds));
export const requests = (page) => page.locator("#lab-requests li").allTextContents();
export const choose = (page, title) => page.locator(".lab-choices").getByText(title, { exact: true }).click();
export const tabWindow = (page, number) => page.locator(`.lab-window[data-tab="${number}"]`);
