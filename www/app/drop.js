/** A list of addresses may be dropped anywhere on the page: text files or links. */
const hint = document.querySelector("#drop-here");

/** `take` gets the text of what is dropped. */
export function acceptDrops(take) {
  let depth = 0;
  const over = (change) => {
    depth = change === 0 ? 0 : depth + change;
    hint.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => {
    if (isList(event.dataTransfer)) over(1);
  });
  addEventListener("dragleave", (event) => {
    if (isList(event.dataTransfer)) over(-1);
  });
  addEventListener("dragover", (event) => {
    if (isList(event.dataTransfer)) event.preventDefault();
  });
  addEventListener("drop", async (event) => {
    if (!isList(event.dataTransfer)) return;
    event.preventDefault();
    over(0);
    const texts = await Promise.all([...event.dataTransfer.files].map((file) => file.text()));
    const links = event.dataTransfer.getData("text/uri-list");
    take([links, ...texts].join("\n"));
  });
}

function isList({ types }) {
  return types.includes("Files") || types.includes("text/uri-list");
}
