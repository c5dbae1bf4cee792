/**
 * A film for tests: each second of it has a colour of its own, and lies far from the next in the file. The frames are
 * encoded by the browser, and put into a WebM file here, whose index stands at its end, as recorders leave it.
 */
import assert from "node:assert/strict";

const WIDTH = 64;
const HEIGHT = 48;
const FRAMES_PER_SECOND = 5;

/** The colour of a second: in one channel at least, another by 100 than that of each other second up to 26. */
const colourOf = (second) => [second % 3, Math.floor(second / 3) % 3, Math.floor(second / 9) % 3].map((level) => 20 + 100 * level);

/**
 * Makes a film of some seconds. Before each lie as many bytes that mean nothing as `gap` says of it: few before the first
 * ones, which a browser reads to find out what it has before it.
 *
 * @param {import("playwright-core").Page} page  one that may encode: of a secure context
 */
export async function makeFilm(page, { seconds, gap }) {
  const colours = Array.from({ length: seconds }, (_, second) => colourOf(second));
  const frames = await page.evaluate(async ([colours, width, height, rate]) => {
    const encoded = [];
    const encoder = new VideoEncoder({
      output: (chunk) => {
        const bytes = new Uint8Array(chunk.byteLength);
        chunk.copyTo(bytes);
        encoded.push({ at: chunk.timestamp / 1000, isKey: chunk.type === "key", bytes: Array.from(bytes) });
      },
      error: (error) => {
        throw error;
      },
    });
    encoder.configure({ codec: "vp8", width, height, bitrate: 1_000_000, framerate: rate });
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    for (const [second, [red, green, blue]] of colours.entries()) {
      context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
      context.fillRect(0, 0, width, height);
      for (let frame = 0; frame < rate; frame++) {
        const image = new VideoFrame(canvas, { timestamp: (second + frame / rate) * 1e6, duration: 1e6 / rate });
        encoder.encode(image, { keyFrame: frame === 0 });
        image.close();
      }
    }
    await encoder.flush();
    return encoded;
  }, [colours, WIDTH, HEIGHT, FRAMES_PER_SECOND]);
  return webm(frames, seconds, gap);
}

/**
 * The page's player, sent to a second of the film, shows that second's colour.
 *
 * @param {import("playwright-core").Page} page
 */
export async function assertShows(page, second) {
  const shown = await page.evaluate(async (second) => {
    const film = document.querySelector("video");
    const failed = new Promise((_, reject) => {
      film.addEventListener("error", () => reject(new Error(film.error.message)), { once: true });
    });
    // The event "seeked" may come before the frame.
    const frame = new Promise((resolve) => {
      const look = (_now, { mediaTime }) => {
        if (Math.floor(mediaTime + 0.01) === second) resolve();
        else film.requestVideoFrameCallback(look);
      };
      film.requestVideoFrameCallback(look);
    });
    film.currentTime = second + 0.5;
    await Promise.race([frame, failed]);
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.drawImage(film, 0, 0, 1, 1);
    return Array.from(context.getImageData(0, 0, 1, 1).data.slice(0, 3));
  }, second);
  const isRight = colourOf(second).every((level, channel) => Math.abs(shown[channel] - level) < 30);
  assert.ok(isRight, `second ${second} is ${shown}, not ${colourOf(second)}`);
}

/** The bytes of a WebM file (<https://www.webmproject.org/docs/container/>). */
function webm(frames, seconds, gap) {
  const header = element("1a45dfa3", element("4286", uint(1)), element("42f7", uint(1)), element("42f2", uint(4)), element("42f3", uint(8)),
    element("4282", Buffer.from("webm")), element("4287", uint(2)), element("4285", uint(2)));
  const info = element("1549a966", element("2ad7b1", uint(1_000_000)), element("4489", double(seconds * 1000)),
    element("4d80", Buffer.from("test")), element("5741", Buffer.from("test")));
  const track = element("ae", element("d7", uint(1)), element("73c5", uint(1)), element("83", uint(1)), element("86", Buffer.from("V_VP8")),
    element("e0", element("b0", uint(WIDTH)), element("ba", uint(HEIGHT))));
  const tracks = element("1654ae6b", track);
  const index = (position) => element("114d9b74", element("4dbb", element("53ab", Buffer.from("1c53bb6b", "hex")), element("53ac", wide(position))));
  const parts = [index(0), info, tracks];
  let position = parts.reduce((sum, part) => sum + part.length, 0);
  const cues = [];
  for (let second = 0; second < seconds; second++) {
    const own = frames.filter(({ at }) => Math.floor(at / 1000) === second);
    const blocks = own.map(({ at, isKey, bytes }) => element("a3", Buffer.from([0x81]), int16(Math.round(at - second * 1000)), Buffer.from([isKey ? 0x80 : 0]), Buffer.from(bytes)));
    const filling = element("ec", Buffer.alloc(gap(second)));
    const cluster = element("1f43b675", element("e7", uint(second * 1000)), ...blocks);
    cues.push(element("bb", element("b3", uint(second * 1000)), element("b7", element("f7", uint(1)), element("f1", uint(position + filling.length)))));
    parts.push(filling, cluster);
    position += filling.length + cluster.length;
  }
  parts[0] = index(position);
  parts.push(element("1c53bb6b", ...cues));
  return Buffer.concat([header, element("18538067", ...parts)]);
}

/** An element: its id, the length of what is in it in eight bytes, and that. */
function element(id, ...contents) {
  const content = Buffer.concat(contents);
  const length = wide(content.length);
  length[0] = 0x01;
  return Buffer.concat([Buffer.from(id, "hex"), length, content]);
}

function uint(number) {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

function wide(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

function int16(number) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(number);
  return bytes;
}

function double(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes;
}
