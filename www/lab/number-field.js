/** A field for a whole number within bounds: `change` is told of each number that is one; any other is refused in words, and the last one comes back. */
import { element, setText } from "../app/element.js";
import { checkedNumber } from "./settings.js";

/**
 * Makes the field and, for a place where words have room, what it says of a number that it refuses.
 *
 * @param {string} id
 * @param {{ label: string, unit: string, least: number, most: number, usual: number }} about
 * @param {(value: number) => void} change
 */
export function numberField(id, about, change) {
  const { label, unit, least, most } = about;
  const input = element("input", { type: "number", id, min: least, max: most, step: 1, value: about.usual, inputMode: "numeric" });
  const refusal = element("p", { className: "refusal", id: `${id}-refusal`, role: "alert" });
  input.setAttribute("aria-describedby", refusal.id);
  let last = about.usual;
  input.addEventListener("change", () => {
    try {
      last = checkedNumber(input.value, about);
      setText(refusal, "");
      change(last);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // What stands in the field is what is played.
      input.value = last;
      setText(refusal, `${error.message} It stays ${last}.`);
    }
  });
  return {
    element: element("div", { className: "number" },
      element("label", { htmlFor: id }, label), input, element("span", { className: "unit" }, unit)),
    refusal,
    show(value) {
      last = value;
      input.value = value;
      setText(refusal, "");
    },
  };
}
