import assert from "node:assert/strict";
import { test } from "node:test";
import { bringUp, cardOf, openPlayground, takeSample } from "./playground.mjs";
import { until } from "./until.mjs";
import { keepPicture } from "./visit.mjs";

const MISSING = [/status of 404/];

/** A page with a group in each kind of state. */
async function everyState(t) {
  const { page, server } = await openPlayground(t, { expected: MISSING });
  const small = await takeSample(page, "small.bin");
  await small.press("Resume");
  await small.word("group", "0x140");
  const missing = await takeSample(page, "missing.bin");
  await missing.press("Resume");
  await missing.word("group", "0x380");
  const large = await takeSample(page, "large.bin");
  await large.press("Foreground");
  await large.press("Resume");
  await large.percent(1);
  await takeSample(page, "medium.bin");
  server.put("/a-file-with-a-very-long-name-indeed-as-models-have-them-q4_k_m.gguf", { size: 10 });
  await bringUp(page, "queue");
  await page.getByLabel("Addresses, one a line").fill(`${server.origin}/a-file-with-a-very-long-name-indeed-as-models-have-them-q4_k_m.gguf`);
  await page.getByRole("button", { name: "Create group" }).click();
  await cardOf(page, "a-file-with-a-very-long-name-indeed-as-models-have-them-q4_k_m.gguf").word("group", "0x180");
  await large.open();
  return page;
}

/** What stands in empty fields and is longer than they are. */
function cutPlaceholders(page) {
  return page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    return [...document.querySelectorAll("input[placeholder]")].filter((field) => {
      const style = getComputedStyle(field);
      canvas.font = style.font;
      const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      return field.checkVisibility() && canvas.measureText(field.placeholder).width > room;
    }).map(({ placeholder }) => placeholder);
  });
}

test("nothing is cut off or scrolls sideways from phone width upward, in light and dark", async (t) => {
  const page = await everyState(t);
  for (const [name, width, height] of [["phone", 360, 740], ["tablet", 820, 1180], ["desktop", 1440, 900]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const tab of ["queue", "group", "files", "laboratory", "record", "console"]) {
        await bringUp(page, tab);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${tab} on a ${name} scrolls sideways`);
        const outside = await page.evaluate(() => [...document.querySelectorAll("button, input, textarea, .lamp, dd")]
          .filter((part) => part.offsetParent !== null && !part.closest(".table-scroll") && part.getBoundingClientRect().right > innerWidth + 0.5)
          .map((part) => part.outerHTML));
        assert.deepEqual(outside, []);
        assert.deepEqual(await cutPlaceholders(page), []);
        await keepPicture(page, `playground-${name}-${colorScheme}-${tab}`);
      }
    }
  }
});

test("text stands out from what is behind it, in light and dark", async (t) => {
  const page = await everyState(t);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const faint = await page.evaluate(() => {
      const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      const channels = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const luminance = (rgb) => {
        const [r, g, b] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (part) => {
        for (let at = part; at; at = at.parentElement) {
          const colour = channels(getComputedStyle(at).backgroundColor);
          if (colour[3] === 255) return colour.slice(0, 3);
        }
        return [255, 255, 255];
      };
      const found = new Set();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const part = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !part.checkVisibility() || part.closest("script, template, .unseen, .skip")) continue;
        const style = getComputedStyle(part);
        const back = behind(part);
        let opacity = 1;
        for (let at = part; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
        const front = channels(style.color).slice(0, 3).map((value, index) => value * opacity + back[index] * (1 - opacity));
        const [high, low] = [luminance(front), luminance(back)].sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) found.add(`${part.className || part.tagName}: ${ratio.toFixed(2)}`);
      }
      return [...found];
    });
    assert.deepEqual(faint, [], colorScheme);
  }
});

for (const [name, width, height] of [["phone", 390, 844], ["desktop", 1440, 900]]) {
  test(`a tab is first seen from its beginning, and later where it was left, on a ${name}`, async (t) => {
    const { page } = await openPlayground(t);
    await page.setViewportSize({ width, height });
    const card = await takeSample(page, "small.bin");
    await card.open();
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    const left = await page.evaluate(() => scrollY);
    await bringUp(page, "record");
    assert.ok(await page.evaluate(() => {
      const shown = document.querySelector("#record h2:not(.unseen)").getBoundingClientRect();
      return document.elementFromPoint(shown.left + 1, shown.top + shown.height / 2)?.closest("#record") !== null;
    }), "the record's first title can be read");
    await bringUp(page, "group");
    assert.equal(await page.evaluate(() => scrollY), left);
  });
}

/** What moved on the page while something was waited for, without anybody touching it. */
async function movedWhile(page, wait) {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.evaluate(() => {
    globalThis.moved = [];
    globalThis.watch = new PerformanceObserver((list) => {
      for (const { sources } of list.getEntries()) globalThis.moved.push(...sources.map(({ node }) => node?.outerHTML ?? node?.data ?? "gone"));
    });
    globalThis.watch.observe({ type: "layout-shift" });
  });
  await wait();
  return page.evaluate(() => {
    globalThis.watch.disconnect();
    return globalThis.moved;
  });
}

for (const [name, width, height] of [["phone", 360, 740], ["desktop", 1440, 900]]) {
  test(`nothing moves while the numbers change, on a ${name}`, async (t) => {
    const { page } = await openPlayground(t);
    await page.setViewportSize({ width, height });
    const card = await takeSample(page, "large.bin");
    await card.press("Resume");
    await card.percent(1);
    await page.locator(".chart canvas").waitFor();
    assert.deepEqual(await movedWhile(page, () => card.percent(6)), []);
    await bringUp(page, "queue");
    const percent = card.row.locator("[data-field=percent]");
    const more = () => until("more of it", async () => parseInt(await percent.innerText(), 10) >= 10);
    assert.deepEqual(await movedWhile(page, more), []);
  });
}

test("motion can be turned off", async (t) => {
  const { page } = await openPlayground(t);
  await takeSample(page, "small.bin");
  const duration = () => page.locator(".lamp").first().evaluate((lamp) => getComputedStyle(lamp).transitionDuration);
  assert.notEqual(await duration(), "0s");
  await page.emulateMedia({ reducedMotion: "reduce" });
  await until("no transition", async () => await duration() === "0s");
});
