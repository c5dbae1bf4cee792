/**
 * The ready-made scenarios. Each is a server's script, what is done step by step, and a verdict. A step says in plain
 * words what happens, may `run` something on the stage, and is over when `until` is true; each claim of the verdict
 * `holds` or does not. What a stage can do is in `stage.js`. With `frames` even the first tab is a frame, in a queue of
 * its own, because the run closes it.
 *
 * The scripts go wrong by themselves (`steps` of `server/script.js`), so that no step has to come in time.
 */

const begins = ({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
const started = (stage) => stage.bytesDone() > 0;
const cut = (stage) => stage.requests()[0]?.end === "cut";
const asked = (count) => (stage) => stage.requests().length >= count;
const complete = (stage) => stage.state() === "complete";
/** The first answer stops there, so that a tab can be closed or killed in time. */
const pausing = ({ at }) => ({ steps: [{ stallAfter: at }] });
const safe = (stage, { at }) => stage.durable() >= at;

/** The published file is a version of the server's, byte for byte. */
const isVersion = (version) => ({
  says: `The published file is version ${version} of the server's, byte for byte (SHA-256).`,
  holds: async (stage) => await stage.published() === await stage.expected(version),
});

const wentOn = {
  says: "The second request asked for the rest only.",
  holds: (stage) => {
    const [, second] = stage.requests();
    return begins(second) > 0 && second.status === 206;
  },
};

export const SCENARIOS = Object.freeze([
  {
    id: "cut",
    title: "Connection breaks",
    says: "A download of several gigabytes rarely comes through in one piece. What came before the break must not be fetched twice.",
    script: ({ at }) => ({ steps: [{ cutAfter: at }] }),
    steps: [
      { says: "A tab puts a group with one file into its queue, and resumes it.", run: (stage) => stage.download(), until: started },
      { says: "The server ends the connection in the middle of the file.", until: cut },
      { says: "The queue writes down which bytes are safe and waits a moment. The status word stays 0x080: for a program, nothing has happened.", until: asked(2) },
      { says: "It asks for the rest, on the condition that the file is still the same one: Range with If-Range. It is, so the server answers 206.", until: complete },
    ],
    verdict: [isVersion(1), wentOn],
  },
  {
    id: "replaced",
    title: "File changes half-way",
    says: "Somebody publishes a new version while you download the old one. Half of each would be a broken file that looks whole.",
    script: ({ at }) => ({ version: 2, steps: [{ version: 1, cutAfter: at }] }),
    steps: [
      { says: "A tab asks for the file, and gets version 1.", run: (stage) => stage.download(), until: started },
      { says: "The connection breaks, and at that moment the server's file is replaced by version 2.", until: cut },
      { says: "The queue keeps what it has of version 1 and waits to try again.", until: asked(2) },
      { says: "It asks for the rest on the condition that the file is still the same one. It is not: the ETag differs, so the server sends all of version 2.", until: (stage) => stage.requests()[1].status !== null },
      { says: "The queue throws the bytes of version 1 away and begins anew. Nobody ever sees a mixture.", until: complete },
    ],
    verdict: [
      isVersion(2),
      {
        says: "It is not version 1, and no mixture: the second request asked for the rest, and got the whole file.",
        holds: async (stage) => {
          const [, second] = stage.requests();
          return begins(second) > 0 && second.status === 200 && await stage.published() !== await stage.expected(1);
        },
      },
    ],
  },
  {
    id: "reopened",
    title: "Tab closed and reopened",
    says: "The only tab is closed in the middle of a download, as if the browser had crashed. Nobody transfers any more.",
    frames: true,
    script: pausing,
    steps: [
      { says: "A tab starts the download. From time to time the queue makes safe what came.", run: (stage) => stage.download(), until: safe },
      { says: "The tab is closed, without a word to the queue. Its worker goes with it, and the connection too.", run: (stage) => stage.closeTab(1), until: (stage) => stage.requests()[0].end === "client" },
      { says: "Later a new tab opens the queue. It finds the group where it was, running, with every byte that had been made safe.", run: (stage) => stage.openTab(1), until: asked(2) },
      { says: "The engine in the new tab asks for the rest.", until: complete },
    ],
    verdict: [
      isVersion(1),
      wentOn,
      { says: "It is the same group, under the same id.", holds: (stage) => stage.groupId(1) === stage.firstGroupId() },
    ],
  },
  {
    id: "two-tabs",
    title: "Two tabs",
    says: "Two tabs of one site share one queue. One of them transfers, and when it goes the other takes over.",
    frames: true,
    script: pausing,
    steps: [
      { says: "The first tab starts the download. It transfers.", run: (stage) => stage.download(), until: started },
      { says: "A second tab opens the same queue. It sees the group and may command it, but stands by: the file is fetched once.", run: (stage) => stage.openTab(2), until: (stage, file) => stage.role(2) === "standby" && stage.bytesDone(2) >= file.at && safe(stage, file) },
      { says: "The first tab is closed.", run: (stage) => stage.closeTab(1), until: (stage) => stage.role(2) === "active" },
      { says: "The second tab has taken over, and asks for the rest.", until: complete },
    ],
    verdict: [isVersion(1), wentOn],
  },
  {
    id: "killed",
    title: "Worker killed",
    says: "Browsers end workers when memory is short. The page that loses its worker lives on: its handles follow the engine of the other tab.",
    frames: true,
    script: pausing,
    steps: [
      { says: "The first tab starts the download, a second one stands by.", run: async (stage) => { await stage.download(); await stage.openTab(2); }, until: (stage, file) => stage.role(2) === "standby" && stage.bytesDone(2) >= file.at && safe(stage, file) },
      { says: "The worker of the first tab is terminated. It has no time to write anything down.", run: (stage) => stage.killWorker(1), until: (stage) => stage.role(2) === "active" },
      { says: "The engine of the second tab goes on from what was safe.", until: (stage) => stage.state(2) === "complete" },
      { says: "The first tab, which has no engine of its own any more, was told of it all.", until: (stage) => stage.state(1) === "complete" },
    ],
    verdict: [isVersion(1), wentOn],
  },
  {
    id: "norange",
    title: "Server without Range",
    says: "Some servers cannot send a part of a file. Then nothing can be saved, but the file must still be right.",
    script: ({ at }) => ({ ranges: "ignore", steps: [{ cutAfter: at }] }),
    steps: [
      { says: "A tab starts the download. The server ignores the Range header and answers 200.", run: (stage) => stage.download(), until: started },
      { says: "The connection breaks.", until: cut },
      { says: "The queue waits to try again.", until: asked(2) },
      { says: "This server sends the whole file each time, so the queue begins at the first byte. The piece map is empty again.", until: complete },
    ],
    verdict: [
      isVersion(1),
      {
        says: "The second answer was the whole file, 200, and none of its bytes was appended to what was there.",
        holds: (stage) => {
          const [, second] = stage.requests();
          return second.status === 200 && second.sent === stage.file().size;
        },
      },
    ],
  },
  {
    id: "hidden",
    title: "Proof hidden by CORS",
    says: "A file on another site comes through CORS. Unless that site lets pages read ETag and Content-Range, nothing proves that a second answer is of the same file.",
    site: "other",
    script: ({ at }) => ({ cors: { expose: [] }, steps: [{}, { cutAfter: at }] }),
    steps: [
      { says: "A tab starts the download from another site, with a Range header as always.", run: (stage) => stage.download(), until: asked(1) },
      { says: "The answer is a 206 whose Content-Range the page may not read: it could be any part. The queue asks once more, for the whole file.", until: asked(2) },
      { says: "The connection breaks.", until: (stage) => stage.requests()[1].end === "cut" },
      { says: "The queue waits to try again.", until: asked(3) },
      { says: "Without a readable ETag nothing proves that the rest would fit, so it begins at the first byte. A site that sends Access-Control-Expose-Headers: ETag, Content-Range saves its users all of this.", until: complete },
    ],
    verdict: [
      isVersion(1),
      { says: "The request after the break asked for the file from its first byte.", holds: (stage) => begins(stage.requests()[2]) === 0 },
    ],
  },
  {
    id: "busy",
    title: "503, come back later",
    says: "A busy server says in Retry-After when to come back. Whoever comes earlier makes it worse.",
    script: () => ({ steps: [{ status: 503, retryAfter: 8 }] }),
    steps: [
      { says: "A tab starts the download, and the server answers 503 with Retry-After: 8.", run: (stage) => stage.download(), until: (stage) => stage.waitsFor() === "retry-after" },
      { says: "The group waits, and the clock shows until when. getDetails().wait says so too: the reason is retry-after.", until: asked(2) },
      { says: "The time is over: the queue asks again, and is served.", until: complete },
    ],
    verdict: [
      isVersion(1),
      {
        says: "The second request came no earlier than 8 s after the first.",
        holds: (stage) => {
          const [first, second] = stage.requests();
          return second.at - first.at >= 8000;
        },
      },
    ],
  },
]);

/** The scenario of an id; undefined where there is none. */
export function scenarioOf(id) {
  return SCENARIOS.find((scenario) => scenario.id === id);
}
