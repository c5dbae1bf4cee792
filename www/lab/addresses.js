/** Where the laboratory's files are, for the page and for its service worker. */

/** Below the directory that the page lies in. */
export const FILES = "/lab/files/";

/** A site that is nowhere (RFC 2606 keeps the name free): only the service worker answers for it. */
export const OTHER_ORIGIN = "https://another-site.invalid";
