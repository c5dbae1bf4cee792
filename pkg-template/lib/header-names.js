// The header names of numbers.
import * as constants from "../constants.js";

const named = Object.entries(constants).filter(([, value]) => typeof value === "number");

/** The names and bits of status words, in the header's order. */
export const statusBits = named
  .filter(([name]) => name.startsWith("QM_STATUS_"))
  .sort(([, a], [, b]) => a - b);

// S_OK, E_FAIL, QM_E_INVALID_STATE, BG_S_PARTIAL_COMPLETE …: an S or an E of its own.
const hresults = new Map(
  named.filter(([name]) => /^([A-Z]+_)?[ES]_/.test(name)).map(([name, value]) => [value, name]),
);

/** The name of an unsigned HRESULT, or hex when it has none. */
export function hresultName(hresult) {
  return hresults.get(hresult) ?? `0x${hresult.toString(16).toUpperCase().padStart(8, "0")}`;
}
