/** @param {HTMLElement} element @param {import("../app/context.js").Context} context */
export function mount(element, context) {}
