/**
 * Looks first whether this browser can run the queue, and loads the page's program only then: so that a browser
 * without WebAssembly or Web Locks still gets a sentence instead of an empty page.
 */
import { lacking, tell } from "./support.js";

const { needed, welcome } = lacking();
if (needed.length > 0) {
  tell("failure", `This browser lacks ${needed.join(", ")}: the queue cannot work here.`);
} else {
  if (welcome.length > 0) tell("hint", `This browser lacks ${welcome.join(", ")}.`);
  import("./playground.js")
    .then(({ startPlayground }) => startPlayground())
    .catch((error) => tell("failure", `The queue did not open. ${error.code ?? error.name}: ${error.message}`));
}
