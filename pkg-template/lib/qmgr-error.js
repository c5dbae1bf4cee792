import { hresultName } from "./header-names.js";

export class QmgrError extends Error {
  constructor(hresult, message, options) {
    super(message, options);
    this.hresult = hresult >>> 0;
    this.code = hresultName(this.hresult);
  }
}

// On the prototype, as the built-in errors have it, so that it is not one more own property to print.
Object.defineProperty(QmgrError.prototype, "name", {
  value: "QmgrError",
  configurable: true,
  writable: true,
});
