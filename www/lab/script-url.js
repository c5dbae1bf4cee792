/**
 * The address of one of this site's own programs, for a worker. Under a policy of Trusted Types
 * (`require-trusted-types-for 'script'`) a browser takes no bare text for that.
 */
const policy = globalThis.trustedTypes?.createPolicy("qmgr-playground", { createScriptURL: (url) => url });

/** @param {string} path  a constant of this page's code @param {string} base  what it is relative to */
export function scriptUrl(path, base) {
  const { href } = new URL(path, base);
  return policy ? policy.createScriptURL(href) : href;
}
