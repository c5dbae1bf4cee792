/**
 * Files to try, where the server that sends this page has some: it says so in `samples.json`. Any other web server
 * sends the empty list that lies beside this page.
 */
import { element, setText, unseen } from "./element.js";

/** Shows the samples; `create` gets the file of the one that is chosen. */
export async function showSamples({ journal }, create) {
  const samples = await list();
  document.querySelector("#samples").hidden = samples.length === 0;
  document.querySelector("#sample-list").replaceChildren(...samples.map((sample) => row(sample, create, journal)));
}

async function list() {
  try {
    return (await (await fetch("samples.json")).json()).samples;
  } catch {
    return [];
  }
}

function row(sample, create, journal) {
  const button = element("button", { type: "button", className: "sample", data: { sample: sample.name } },
    element("b", {}, unseen("Sample "), sample.label, unseen(", ")), element("span", { className: "note" }, sample.note));
  button.addEventListener("click", () => create([{
    remoteFile: new URL(sample.url, document.baseURI).href,
    localFile: `/samples/${sample.name}`,
  }]));
  return element("li", {}, button, ...(sample.mend ? [mendButton(sample, journal)] : []));
}

/** A file that is missing until somebody mends the server, and may be broken again. */
function mendButton(sample, journal) {
  let mended = false;
  const button = element("button", { type: "button", className: "quiet", data: { mend: sample.name } }, "Mend");
  button.addEventListener("click", async () => {
    const response = await fetch(sample.control, {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(mended ? sample.break : sample.mend),
    });
    if (!response.ok) return;
    mended = !mended;
    setText(button, mended ? "Break" : "Mend");
    journal.add({ kind: "event", who: "server", text: mended ? `${sample.name} is there` : `${sample.name} is missing` });
  });
  return button;
}
