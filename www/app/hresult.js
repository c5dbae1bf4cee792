import { describeHresult } from "../qmgr/index.js";
import { hex } from "./format.js";

/** `0x81001004 QM_E_ITEM_NOT_FOUND`; just the number where the header has no name for it. */
export function hresultText(hresult) {
  const number = hex(hresult, 8);
  const name = describeHresult(hresult);
  return name.startsWith("0x") ? number : `${number} ${name}`;
}

/** What a call ended in. Only a `QmgrError` has an HRESULT; told by its name, which also holds across windows. */
export function failureText(error) {
  if (error?.name === "QmgrError") return hresultText(error.hresult);
  return `${error?.name ?? "Error"}: ${error?.message ?? error}`;
}

/** The same, and in words what was wrong: which address, which path, which number. */
export function failureSentence(error) {
  return error?.name === "QmgrError" ? `${failureText(error)}: ${error.message}` : failureText(error);
}
