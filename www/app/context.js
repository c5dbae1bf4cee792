/**
 * What each part of the page is given. A part is a module that exports `mount(element, context)`: it fills the element,
 * which is its own, for as long as the page lives.
 *
 * @typedef {object} Context
 * @property {import("../qmgr/index.js").QueueManager} queue  the open queue
 * @property {import("./groups.js").Groups} groups  every group of the queue: handles, and what was last read of each
 * @property {import("./selection.js").Selection} selection  which group is opened up
 * @property {import("./journal.js").Journal} journal  every call of this page and everything the queue told it
 * @property {(files: import("../qmgr/index.js").FileSetInfo[], options?: { name?: string, resume?: boolean }) =>
 *   Promise<{ group?: import("../qmgr/index.js").Group, error?: Error }>} create  makes a group as the form does, and selects it
 * @property {(tab: "group" | "laboratory" | "record" | "console") => void} show  brings a tab to the front
 */
export {};
