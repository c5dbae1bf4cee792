/** The steps of a scenario, the one that happens marked, and its verdict, each claim with whether it holds. */
import { element } from "../app/element.js";

export class StepsView {
  #title = element("h2");
  #says = element("p", { className: "hint" });
  #steps = element("ol", { className: "lab-steps", id: "lab-steps" });
  #verdict = element("ul", { className: "lab-verdict", id: "lab-verdict" });
  #outcome = element("p", { className: "lab-outcome", role: "status", id: "lab-outcome" });
  element = element("section", { className: "panel lab-story", ariaLabel: "What happens" },
    this.#title, this.#says, this.#steps, element("h3", { className: "under" }, "What is checked at the end"), this.#verdict, this.#outcome);

  /** Shows a scenario, not yet played. */
  show({ title, says, steps, verdict }) {
    this.#title.textContent = title;
    this.#says.textContent = says;
    this.#steps.replaceChildren(...steps.map((step) => element("li", { data: { state: "to-come" } }, step.says)));
    this.#verdict.replaceChildren(...verdict.map((claim) => element("li", { data: { holds: "unknown" } }, element("span", { className: "unseen" }), claim.says)));
    this.#outcome.textContent = "";
    this.element.dataset.state = "ready";
  }

  /** The step that happens; one beyond the last when all are done. */
  at(index) {
    this.element.dataset.state = index < this.#steps.childElementCount ? "playing" : "judging";
    for (const [at, item] of [...this.#steps.children].entries()) {
      item.dataset.state = at < index ? "done" : at === index ? "here" : "to-come";
      if (at === index) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
  }

  claim(index, holds) {
    const item = this.#verdict.children[index];
    item.dataset.holds = String(holds);
    item.firstElementChild.textContent = holds ? "Holds: " : "Does not hold: ";
    const all = [...this.#verdict.children].map(({ dataset }) => dataset.holds);
    if (all.includes("unknown")) return;
    const good = all.every((each) => each === "true");
    this.element.dataset.state = good ? "passed" : "failed";
    this.#outcome.textContent = good ? "All of it holds." : "Not all of it holds. That should not be: please report it with the record.";
  }

  /** The run came to an end before its verdict. */
  fail(message) {
    this.element.dataset.state = "failed";
    this.#outcome.textContent = `The run ended before its verdict. ${message}`;
  }
}
