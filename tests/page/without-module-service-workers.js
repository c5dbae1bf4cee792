// Runs before the page's own program: a browser whose service workers cannot be modules.
const register = ServiceWorkerContainer.prototype.register;
ServiceWorkerContainer.prototype.register = function (script, options) {
  if (options?.type === "module") return Promise.reject(new TypeError("module service workers are not supported"));
  return register.call(this, script, options);
};
