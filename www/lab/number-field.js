/** A field for a whole number within bounds: `change` is told of each number that is one, the field says of the others what would be. */
import { element } from "../app/element.js";
import { checkedNumber } from "./settings.js";

/**
 * @param {string} id
 * @param {{ label: string, unit: string, least: number, most: number, usual: number }} about
 * @param {(value: number) => void} change
 */
export function numberField(id, about, change) {
  const { label, unit, least, most } = about;
  const input = element("input", { type: "number", id, min: least, max: most, step: 1, value: about.usual, inputMode: "numeric" });
  input.addEventListener("change", () => {
    input.setCustomValidity("");
    try {
      change(checkedNumber(input.value, about));
    } catch (error) {
      input.setCustomValidity(error.message);
      input.reportValidity();
    }
  });
  return {
    element: element("label", { className: "number", htmlFor: id }, element("span", {}, label), input, element("span", { className: "unit" }, unit)),
    show(value) {
      input.value = value;
      input.setCustomValidity("");
    },
  };
}
