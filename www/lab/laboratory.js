/**
 * The laboratory: scenarios that play themselves, and a free run with every fault as a switch. What is set lives in the
 * page's address, so that a copied link shows somebody else the same.
 */
import { element, setText } from "../app/element.js";
import { failureText } from "../app/hresult.js";
import { scriptOf } from "./faults.js";
import { FreeControls } from "./free-controls.js";
import { labServer } from "./lab-server.js";
import { FREE, readLink, usualRun, withoutLink, writeLink } from "./link.js";
import { Player } from "./player.js";
import { RunForm } from "./run-form.js";
import { scenarioOf } from "./scenarios.js";
import { fileOf } from "./settings.js";
import { Stage } from "./stage.js";
import { StageView } from "./stage-view.js";
import { StepsView } from "./steps-view.js";

const SERVED_BY = {
  server: "Served by the scripted server of this page.",
  worker: "Served by a service worker of this page: the same server, without a network.",
};

const NARROW = matchMedia("(max-width: 64rem)");

/** @param {HTMLElement} panel @param {import("../app/context.js").Context} context */
export function mount(panel, context) {
  const laboratory = new Laboratory(context);
  panel.append(...laboratory.elements);
  laboratory.begin();
}

class Laboratory {
  #context;
  #form = new RunForm();
  #free = new FreeControls();
  #steps = new StepsView();
  #view = new StageView();
  #trouble = element("p", { className: "notice", role: "alert", hidden: true, id: "lab-trouble" });
  #servedBy = element("p", { className: "hint", id: "lab-served-by" });
  #place = element("div", { className: "lab-run" },
    this.#free.element, this.#steps.element, element("div", { className: "lab-stage" }, this.#view.element, this.#servedBy));
  #stage = null;
  #stopping = null;

  constructor(context) {
    this.#context = context;
    this.#form.addEventListener("change", () => this.#show());
    this.#form.addEventListener("play", () => void this.play());
    this.#form.addEventListener("stop", () => this.stop());
    this.#free.addEventListener("change", () => this.#changeFaults());
    this.#free.addEventListener("act", ({ detail }) => void this.#act(detail));
    this.#view.addEventListener("close", ({ detail }) => this.#stage?.closeTab(detail));
  }

  get elements() {
    return [
      this.#trouble,
      this.#form.element,
      this.#place,
    ];
  }

  /** Takes up what the address says. */
  begin() {
    let run = null;
    try {
      run = readLink(location.search);
    } catch (error) {
      this.#tell(`This link does not work. ${error.message}`);
      this.#context.show("laboratory");
    }
    const { play, ...settings } = run ?? usualRun();
    this.#form.show(settings);
    this.#free.show(settings);
    this.#show({ remember: false });
    if (run) this.#context.show("laboratory");
    if (!play) return;
    this.#remember();
    void this.play();
  }

  /** Plays what is set, from the beginning. */
  async play() {
    this.stop();
    this.#tell(null);
    const run = this.#run();
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#form.setPlaying(true);
    // What happens is below what one has just pressed, on many screens out of sight; where there is room, both are seen.
    if (NARROW.matches) this.#place.scrollIntoView({ block: "start" });
    else if (this.#place.getBoundingClientRect().bottom > innerHeight) this.#form.element.scrollIntoView({ block: "start" });
    try {
      await (run.scenario === FREE ? this.#playFree(run, stopping.signal) : this.#playScenario(run, stopping.signal));
    } catch (error) {
      if (stopping.signal.aborted) return;
      this.#steps.fail(error.message);
      this.#tell(error.name === "QmgrError" ? failureText(error) : error.message);
    }
    if (run.scenario !== FREE && this.#stopping === stopping) this.#form.setPlaying(false);
  }

  /** Ends what is being played, and its tabs with it. */
  stop() {
    this.#stopping?.abort(new DOMException("stopped", "AbortError"));
    this.#stopping = null;
    this.#stage?.close();
    this.#stage = null;
    this.#free.setRunning(false);
    this.#form.setPlaying(false);
  }

  async #playScenario({ scenario: id, settings }, signal) {
    const scenario = scenarioOf(id);
    this.#steps.show(scenario);
    const file = fileOf(settings);
    const stage = await this.#open({ id, title: scenario.title, site: scenario.site ?? "same", frames: scenario.frames ?? false, file },
      { ...scriptOf(file), ...scenario.script(file) }, signal);
    const player = new Player(scenario, settings);
    player.addEventListener("step", ({ detail: { index } }) => {
      this.#steps.at(index);
      const step = scenario.steps[index];
      if (step) this.#context.journal.add({ kind: "event", who: "laboratory", groupId: stage.firstGroupId(), text: step.says });
    });
    player.addEventListener("claim", ({ detail: { index, holds } }) => {
      this.#steps.claim(index, holds);
      this.#context.journal.add({ kind: holds ? "event" : "failure", who: "laboratory", groupId: stage.firstGroupId(), text: `${holds ? "holds" : "does not hold"}: ${scenario.verdict[index].says}` });
    });
    await player.play(stage, signal);
  }

  async #playFree({ settings, site, faults }, signal) {
    const file = fileOf(settings);
    const stage = await this.#open({ id: FREE, title: "free run", site: "hide" in faults ? "other" : site, frames: false, file },
      scriptOf(file, faults, this.#free.offline), signal);
    this.#free.setRunning(true);
    await stage.download();
  }

  async #open(about, script, signal) {
    const server = await labServer();
    setText(this.#servedBy, SERVED_BY[server.kind]);
    signal.throwIfAborted();
    const stage = new Stage(this.#context, server, about);
    this.#stage = stage;
    this.#view.follow(stage);
    await stage.open(script);
    signal.throwIfAborted();
    return stage;
  }

  #changeFaults() {
    this.#remember();
    const { settings, faults } = this.#run();
    this.#stage?.change(scriptOf(fileOf(settings), faults, this.#free.offline)).catch((error) => this.#tell(error.message));
  }

  async #act(what) {
    if (what === "kill") this.#stage.killWorker(1);
    else await this.#stage.openTab(2).catch((error) => this.#tell(error.message));
  }

  #run() {
    return { ...this.#form.run(), ...this.#free.run() };
  }

  #show({ remember = true } = {}) {
    const { scenario } = this.#run();
    if (remember) {
      this.stop();
      this.#tell(null);
      this.#view.follow(null);
      this.#remember();
    }
    this.#free.element.hidden = scenario !== FREE;
    this.#steps.element.hidden = scenario === FREE;
    if (scenario !== FREE) this.#steps.show(scenarioOf(scenario));
    this.#form.showLink(this.#link());
  }

  /** The address says what is set; whoever reloads the page finds it, and does not have it played again. */
  #remember() {
    const others = withoutLink(location.search);
    const own = writeLink(this.#run());
    history.replaceState(history.state, "", location.pathname + (others === "" ? own : `${others}&${own.slice(1)}`) + location.hash);
    this.#form.showLink(this.#link());
  }

  /** What is sent to somebody: it plays as soon as it is opened. */
  #link() {
    return new URL(writeLink({ ...this.#run(), play: true }), new URL(location.pathname, location.origin)).href;
  }

  #tell(trouble) {
    setText(this.#trouble, trouble ?? "");
    this.#trouble.hidden = trouble === null;
  }
}
