// Numbers by their header names.
import * as constants from "../constants.js";

const named = Object.entries(constants).filter(([, value]) => typeof value === "number");

const statusBits = named
  .filter(([name]) => name.startsWith("QM_STATUS_"))
  .sort(([, a], [, b]) => a - b);

// S_OK, E_FAIL, QM_E_INVALID_STATE, BG_S_PARTIAL_COMPLETE …: an S or an E of its own.
const hresults = new Map(
  named.filter(([name]) => /^([A-Z]+_)?[ES]_/.test(name)).map(([name, value]) => [value, name]),
);

export function describeStatus(word) {
  return statusBits.filter(([, bit]) => (word & bit) !== 0).map(([name]) => name);
}

export function describeHresult(hresult) {
  const unsigned = hresult >>> 0;
  return hresults.get(unsigned) ?? `0x${unsigned.toString(16).toUpperCase().padStart(8, "0")}`;
}
