/** The opened group's properties: read, set, and every documented refusal to try. */
import { element, setText, unseen } from "./element.js";
import { hex } from "./format.js";
import { failureText } from "./hresult.js";
import { PROPERTIES, notifyFlags } from "./property-table.js";

export class PropertiesView {
  #rows;
  element = element("section", { className: "panel properties" }, element("h3", {}, "Properties"));

  /** @param {import("./context.js").Context} context */
  constructor(context) {
    this.#rows = PROPERTIES.map((property) => new PropertyRow(property, context));
    const [supported, others] = [true, false].map((kind) => this.#rows.filter(({ property }) => (property.kind !== null) === kind));
    this.element.append(
      element("ul", { className: "property-list" }, ...supported.map((row) => row.element)),
      element("details", {},
        element("summary", {}, `${others.length} that the header names and nobody supports`),
        element("ul", { className: "property-list" }, ...others.map((row) => row.element))));
  }

  /** @param {import("./read-group.js").GroupReading} reading @param {import("../qmgr/index.js").Group} group */
  show(reading, group) {
    for (const row of this.#rows) row.show(reading, group);
  }
}

class PropertyRow {
  #context;
  #value = element("code", { className: "value" });
  #input = element("input", { spellcheck: false, autocomplete: "off" });
  #outcome = element("output", { className: "outcome" });
  #reading = null;
  #group = null;

  constructor(property, context) {
    this.property = property;
    this.#context = context;
    const { name, kind, legal, refused } = property;
    this.#input.setAttribute("aria-label", `New value of ${name}`);
    const form = element("form", {}, this.#input, element("button", { className: "quiet" }, "Set"));
    form.lastChild.setAttribute("aria-label", `Set ${name}`);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#set(valueOf(this.#input.value, kind));
    });
    const tries = refused.map((one) => {
      const button = element("button", { type: "button", className: "try" },
        unseen("Try "), one.label, unseen(` for ${name}, which is refused with`), " → ", element("code", {}, one.code));
      button.addEventListener("click", () => this.#set(one.value));
      return button;
    });
    this.element = element("li", { data: { property: name } },
      element("div", { className: "about" }, element("code", { className: "name" }, name), " ", element("span", { className: "legal" }, legal)),
      this.#value,
      ...(kind === null ? [] : [form]),
      element("div", { className: "tries" }, ...tries, this.#outcome));
  }

  show(reading, group) {
    const other = this.#group !== group;
    this.#reading = reading;
    this.#group = group;
    if (other) setText(this.#outcome, "");
    // What is not supported says so once: that cannot change.
    if (other || this.property.kind !== null) setText(this.#value, this.#read(group));
    if (other) this.#input.value = this.property.kind === null ? "" : String(group.getProp(this.property.id));
  }

  #read(group) {
    try {
      const value = group.getProp(this.property.id);
      if (this.property.kind === "flags") return `${hex(value)} ${notifyFlags(value)}`;
      return typeof value === "string" ? `"${value}"` : String(value);
    } catch (error) {
      return failureText(error);
    }
  }

  async #set(value) {
    const { name, id } = this.property;
    const group = this.#group;
    const { groupId, name: who } = this.#reading;
    const { error } = await this.#context.journal.attempt({ who, groupId, text: `setProp(${name})` }, () => group.setProp(id, value));
    this.#outcome.dataset.kind = error ? "failure" : "done";
    setText(this.#outcome, error ? `${failureText(error)}: ${error.message}` : "S_OK");
  }
}

/** What is typed for a number and is none goes as the text it is: the call says what it thinks of that. */
function valueOf(text, kind) {
  return kind === "text" || !/^\s*-?(0x[0-9a-f]+|\d+)\s*$/i.test(text) ? text : Number(text);
}
