import { setText } from "./element.js";
import { bytes } from "./format.js";

const dialog = document.querySelector("#confirm");

/** The last question. A dialog tells that it closed some time after it did, so the next one waits for that. */
let asked = Promise.resolve();

/** Asks whether groups that are not finished shall go; resolves with the answer. */
export function confirmCancel(readings) {
  asked = asked.then(() => ask(readings));
  return asked;
}

function ask(readings) {
  const [{ name }] = readings;
  const one = readings.length === 1;
  const fetched = readings.reduce((sum, { details }) => sum + details.bytesDone, 0);
  setText(document.querySelector("#confirm-title"), one ? "Cancel this group?" : `Cancel ${readings.length} groups?`);
  setText(document.querySelector("#confirm-text"), `${one ? `${name} is` : `${readings.length} groups are`} not finished. `
    + `Files that are there whole are published and kept; what is there of the others goes. ${bytes(fetched)} have been fetched so far.`);
  setText(dialog.querySelector("[value=keep]"), one ? "Keep it" : "Keep them");
  setText(dialog.querySelector("[value=cancel]"), one ? "Cancel the group" : "Cancel the groups");
  dialog.returnValue = "keep";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "cancel"), { once: true });
  });
}
