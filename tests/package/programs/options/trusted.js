const policy = trustedTypes.createPolicy("page", { createScriptURL: (url) => url });

export const options = {
  worker: () => new Worker(policy.createScriptURL("/node_modules/qmgr/worker.js"), { type: "module" }),
};
