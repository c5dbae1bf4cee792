/** The thirteen properties of a group: what each takes, and with what each refuses the rest, as documented. */
import * as qmgr from "../qmgr/index.js";

const OTHER_TYPE = { label: "text", value: "text", code: "E_INVALIDARG" };
const NUMBER = { label: "a number", value: 1, code: "E_INVALIDARG" };

/** `refused` has one example for each documented error. A property without a `kind` is not supported. */
export const PROPERTIES = [
  property("GROUPPROP_DISPLAYNAME", "text", "at most 256 characters", [{ label: "257 characters", value: "x".repeat(257), code: "E_INVALIDARG" }, NUMBER]),
  property("GROUPPROP_DESCRIPTION", "text", "at most 1,024 characters", [{ label: "1,025 characters", value: "x".repeat(1025), code: "E_INVALIDARG" }, NUMBER]),
  property("GROUPPROP_PRIORITY", "number", "1: there is only one priority", [{ label: "2", value: 2, code: "E_NOTIMPL" }, OTHER_TYPE]),
  property("GROUPPROP_PROTOCOLFLAGS", "number", "QM_PROTOCOL_HTTP, 1", [{ label: "QM_PROTOCOL_FTP, 2", value: qmgr.QM_PROTOCOL_FTP, code: "E_NOTIMPL" }, OTHER_TYPE]),
  property("GROUPPROP_NOTIFYFLAGS", "flags", "QM_NOTIFY_GROUP_DONE 0x4, QM_NOTIFY_DISABLE_NOTIFY 0x40", [{ label: "QM_NOTIFY_FILE_DONE 0x1", value: qmgr.QM_NOTIFY_FILE_DONE, code: "E_NOTIMPL" }, OTHER_TYPE]),
  property("GROUPPROP_NOTIFYCLSID", "text", "a class that this tab has registered; all zeros clears the pointer", [
    { label: "a class nobody knows", value: "{00000000-0000-0000-0000-00000000abcd}", code: "REGDB_E_CLASSNOTREG" },
    { label: "no CLSID", value: "no CLSID", code: "E_INVALIDARG" },
    NUMBER,
  ]),
  ...["REMOTEUSERID", "REMOTEUSERPWD", "LOCALUSERID", "LOCALUSERPWD", "PROGRESSSIZE", "PROGRESSPERCENT", "PROGRESSTIME"]
    .map((name) => property(`GROUPPROP_${name}`, null, "not supported", [{ label: "any value", value: 1, code: "E_NOTIMPL" }])),
];

function property(name, kind, legal, refused) {
  return { name, id: qmgr[name], kind, legal, refused };
}

const NOTIFY_FLAGS = Object.entries(qmgr).filter(([name]) => name.startsWith("QM_NOTIFY_")).sort(([, a], [, b]) => a - b);

/** The names of the notification flags in a mask, in the header's order. */
export function notifyFlags(mask) {
  return NOTIFY_FLAGS.filter(([, bit]) => (mask & bit) !== 0).map(([name]) => name).join(" ");
}
