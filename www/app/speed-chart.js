/** The opened group's speed over time, drawn by uPlot, which is loaded when there is something to draw. */
import { element, setText } from "./element.js";
import { bytes } from "./format.js";
import { SpeedHistory } from "./speed-history.js";

const HEIGHT = 180;
/** Room above the highest point, as a share of it. */
const HEADROOM = 0.2;
/** Lines of the grid lie at round numbers of KiB and MiB. */
const STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);

export class SpeedChart {
  element = element("section", { className: "panel speed" });
  #place = element("div", { className: "chart" });
  #said = element("p", { className: "chart-said" });
  #history;
  #groupId = null;
  #plot = null;
  #loading = false;

  /** @param {import("./context.js").Context} context */
  constructor({ groups }) {
    this.#history = new SpeedHistory(groups);
    this.element.append(element("h3", {}, "Speed"), this.#said, this.#place);
    new ResizeObserver(() => this.#fit()).observe(this.#place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot?.redraw());
  }

  /** @param {import("./read-group.js").GroupReading} reading */
  show({ groupId }) {
    const { times, speeds } = this.#history.of(groupId);
    const isNew = this.#groupId !== groupId;
    this.#groupId = groupId;
    const peak = Math.max(0, ...speeds);
    setText(this.#said, times.length < 2 ? "Nothing has moved since this page was opened." : `At most ${bytes(peak)}/s`);
    if (times.length < 2) {
      if (isNew) this.#plot?.setData([[], []]);
      return;
    }
    if (this.#plot) this.#plot.setData([times, speeds]);
    else this.#load();
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    const { default: UPlot } = await import("../vendor/uplot/uPlot.esm.js");
    const { times, speeds } = this.#history.of(this.#groupId);
    const style = getComputedStyle(this.element);
    const colour = (name) => () => style.getPropertyValue(name);
    const axis = { stroke: colour("--soft"), font: `12px ${style.fontFamily}`, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    this.#plot = new UPlot({
      width: this.#place.clientWidth,
      height: HEIGHT,
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { show: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most) * (1 + HEADROOM)] } },
      series: [{}, { label: "Speed", stroke: colour("--accent"), fill: colour("--accent-wash"), width: 2, points: { show: false } }],
      axes: [
        { ...axis, space: 80, values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString("en-GB")) },
        { ...axis, size: 80, incrs: STEPS, values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "0" : `${bytes(tick)}/s`)) },
      ],
      hooks: { setCursor: [(plot) => this.#tell(plot)] },
    }, [times, speeds], this.#place);
  }

  /** What lies under the pointer is written above the chart, where its place is kept. */
  #tell(plot) {
    const { idx } = plot.cursor;
    if (idx === null || idx === undefined || plot.data[0].length === 0) return;
    setText(this.#said, `${new Date(plot.data[0][idx] * 1000).toLocaleTimeString("en-GB")}: ${bytes(Math.round(plot.data[1][idx]))}/s`);
  }

  #fit() {
    if (this.#place.clientWidth > 0) this.#plot?.setSize({ width: this.#place.clientWidth, height: HEIGHT });
  }
}
