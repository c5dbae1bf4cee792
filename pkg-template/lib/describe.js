// Numbers by their header names.
import { E_INVALIDARG } from "../constants.js";
import { hresultName, statusBits } from "./header-names.js";
import { QmgrError } from "./qmgr-error.js";

export function describeStatus(word) {
  const bits = dword(word, "the status word");
  return statusBits.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
}

export function describeHresult(hresult) {
  return hresultName(dword(hresult, "the HRESULT"));
}

/** A 32-bit integer, signed or not, as an unsigned one. */
function dword(value, what) {
  if (Number.isInteger(value) && value >= -0x80000000 && value <= 0xffffffff) return value >>> 0;
  throw new QmgrError(E_INVALIDARG, `${what} is no 32-bit integer`);
}
