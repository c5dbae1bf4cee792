/** The form that makes groups: from samples, from addresses that are typed or pasted, from a list that is dropped. */
import { announce } from "./announce.js";
import { acceptDrops } from "./drop.js";
import { setText } from "./element.js";
import { failureSentence } from "./hresult.js";
import { filesFor, readAddresses } from "./local-names.js";
import { showSamples } from "./samples.js";

const NONE = "There is no address in it. An address begins with https:// or http://.";
/** So many words that are no addresses are quoted. */
const QUOTED = 3;

/** @param {HTMLFormElement} form @param {import("./context.js").Context} context */
export function mount(form, context) {
  const problem = form.querySelector("#form-error");
  const { urls, directory, resume, each } = form.elements;

  const create = async (files) => {
    setText(problem, "");
    const { group, error } = await context.create(files, { resume: resume.checked });
    if (error) setText(problem, `The group was not created: ${failureSentence(error)}.`);
    else announce(`${context.groups.reading(group.groupId)?.name}: created`);
    return !error;
  };

  const fill = (text) => {
    const { addresses, others } = readAddresses(text);
    setText(problem, addresses.length === 0 ? NONE : leftOut(others));
    if (addresses.length === 0) return;
    urls.value = [...urls.value.split("\n").filter(Boolean), ...addresses].join("\n");
    urls.focus();
    announce(`${addresses.length} ${addresses.length === 1 ? "address" : "addresses"} added`);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { addresses, others } = readAddresses(urls.value);
    if (addresses.length === 0) {
      setText(problem, others.length === 0 ? "Give at least one address." : NONE);
      urls.focus();
      return;
    }
    const files = filesFor(addresses, directory.value);
    const sets = each.checked ? files.map((file) => [file]) : [files];
    for (const set of sets) {
      if (!await create(set)) return;
    }
    urls.value = "";
    setText(problem, leftOut(others));
  });
  urls.addEventListener("input", () => setText(problem, ""));
  form.querySelector("#list-file").addEventListener("change", async ({ target }) => {
    fill(await target.files[0]?.text() ?? "");
    target.value = "";
  });
  acceptDrops(fill);
  showSamples(context, create);
}

/** What was passed over, so that nobody looks for it in vain. */
function leftOut(words) {
  if (words.length === 0) return "";
  const quoted = words.slice(0, QUOTED).map((word) => `“${word}”`).join(", ");
  const more = words.length > QUOTED ? ` and ${words.length - QUOTED} more` : "";
  return `Left out, being no address: ${quoted}${more}.`;
}
