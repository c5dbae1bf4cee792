import { setText } from "./element.js";
import { bytes } from "./format.js";

const dialog = document.querySelector("#confirm");

/** The last question. A dialog tells that it closed some time after it did, so the next one waits for that. */
let asked = Promise.resolve();

/** Asks whether a group that is not finished shall go; resolves with the answer. */
export function confirmCancel(name, bytesDone) {
  asked = asked.then(() => ask(name, bytesDone));
  return asked;
}

function ask(name, bytesDone) {
  setText(document.querySelector("#confirm-text"), `${name} is not finished. Files that are there whole are published and kept; `
    + `what is there of the others goes. ${bytes(bytesDone)} have been fetched so far.`);
  dialog.returnValue = "keep";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "cancel"), { once: true });
  });
}
