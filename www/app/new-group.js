import { announce } from "./announce.js";
import { createGroup } from "./create-group.js";
import { setText } from "./element.js";
import { failureText } from "./hresult.js";
import { filesFor } from "./local-names.js";
import { showSamples } from "./samples.js";

const form = document.querySelector("#new-group");
const problem = document.querySelector("#form-error");

/** Wires the form; `groups` gets the groups that it makes. */
export async function startNewGroupForm(queue, groups) {
  const create = async (files) => {
    setText(problem, "");
    const { group, error } = await createGroup(queue, files, { resume: form.elements.resume.checked });
    if (error) {
      setText(problem, explain(error));
      return false;
    }
    const card = groups.add(group);
    announce(`${card.name}: created`);
    return true;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const urls = form.elements.urls.value.split(/\s+/).filter(Boolean);
    if (urls.length === 0) {
      setText(problem, "Give at least one address.");
      form.elements.urls.focus();
      return;
    }
    if (await create(filesFor(urls, form.elements.directory.value))) form.elements.urls.value = "";
  });

  await showSamples(create);
}

function explain(error) {
  const hint = error.code === "E_INVALIDARG" ? " Addresses must be http or https, paths whole and without odd characters." : "";
  return `The group was not created: ${failureText(error)}.${hint}`;
}
