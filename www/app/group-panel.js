/** The opened group in full. Each part is a view that draws a reading of the group; they are drawn while they are seen. */
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
  const views = [StateDiagram, SpeedChart, FileList, JobStatusView, NotificationsView, PropertiesView].map((View) => new View(context));
  const empty = element("p", { className: "empty" }, "No group is open. Create one, or choose one from the list.");
  const grid = element("div", { className: "group-grid" }, ...views.map((view) => view.element));
  panel.append(empty, grid);

  const refresh = () => {
    const reading = groups.reading(selection.groupId);
    empty.hidden = reading !== undefined;
    grid.hidden = reading === undefined;
    if (!reading) return;
    const group = groups.handle(selection.groupId);
    for (const view of views) view.show(reading, group);
  };
  selection.addEventListener("change", refresh);
  for (const type of ["added", "changed", "removed"]) {
    groups.addEventListener(type, ({ detail: { groupId } }) => {
      if (groupId === selection.groupId) refresh();
    });
  }
  refresh();
}
