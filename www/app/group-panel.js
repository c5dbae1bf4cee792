/** The opened group in full. Each part is a view that draws a reading of the group. */
import { bitTable } from "./bit-table.js";
import { element } from "./element.js";
import { FileList } from "./file-list.js";
import { JobStatusView } from "./job-status.js";
import { NotificationsView } from "./notifications.js";
import { PropertiesView } from "./properties.js";
import { SpeedChart } from "./speed-chart.js";
import { StateDiagram } from "./state-diagram.js";

/** @param {HTMLElement} panel @param {import("./context.js").Context} context */
export function mount(panel, context) {
  const { groups, selection } = context;
  const diagram = new StateDiagram(context);
  const views = [SpeedChart, JobStatusView, FileList, NotificationsView, PropertiesView].map((View) => new View(context));
  panel.append(element("div", { className: "group-grid" }, diagram.element, ...views.map((view) => view.element), bitTable()));

  const refresh = () => {
    const group = groups.handle(selection.groupId);
    const reading = groups.readNow(selection.groupId);
    diagram.show(reading);
    for (const view of views) {
      view.element.hidden = reading === undefined;
      if (reading) view.show(reading, group);
    }
  };
  selection.addEventListener("change", refresh);
  for (const type of ["added", "changed", "removed"]) {
    groups.addEventListener(type, ({ detail: { groupId } }) => {
      if (groupId === selection.groupId) refresh();
    });
  }
  refresh();
}
