/** What the page opens its queue with. */
export const options = {};
