/** The published files, and the storage they lie in. */
import { StorageMeter } from "./storage-meter.js";
import { StoredFiles } from "./stored-files.js";

/** @param {HTMLElement} panel @param {import("./context.js").Context} context */
export function mount(panel, context) {
  const meter = new StorageMeter(context);
  const files = new StoredFiles(context, () => meter.refresh());
  panel.append(files.element, meter.element);
  const refresh = () => {
    files.refresh();
    meter.refresh();
  };
  context.groups.addEventListener("settled", refresh);
  context.groups.addEventListener("changed", meter.refresh);
  refresh();
}
