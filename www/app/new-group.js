/** The form that makes groups: from samples, from addresses that are typed or pasted, from a list that is dropped. */
import { announce } from "./announce.js";
import { acceptDrops } from "./drop.js";
import { setText } from "./element.js";
import { failureSentence } from "./hresult.js";
import { addressesIn, filesFor } from "./local-names.js";
import { showSamples } from "./samples.js";

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
    const found = addressesIn(text);
    setText(problem, found.length === 0 ? "There is no address in it." : "");
    if (found.length === 0) return;
    urls.value = [...addressesIn(urls.value), ...found].join("\n");
    urls.focus();
    announce(`${found.length} ${found.length === 1 ? "address" : "addresses"} added`);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const addresses = addressesIn(urls.value);
    if (addresses.length === 0) {
      setText(problem, "Give at least one address.");
      urls.focus();
      return;
    }
    const files = filesFor(addresses, directory.value);
    const sets = each.checked ? files.map((file) => [file]) : [files];
    for (const set of sets) {
      if (!await create(set)) return;
    }
    urls.value = "";
  });
  form.querySelector("#list-file").addEventListener("change", async ({ target }) => {
    fill(await target.files[0]?.text() ?? "");
    target.value = "";
  });
  acceptDrops(fill);
  showSamples(context, create);
}
