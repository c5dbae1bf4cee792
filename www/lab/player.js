/**
 * Plays a scenario on a stage: one step after the other, each until what it tells has happened, and then the verdict.
 *
 * Dispatches `"step"` when a step begins (`index`, the number of steps at the end), and `"claim"` for each claim of the
 * verdict (`index`, `holds`).
 */
export class Player extends EventTarget {
  #scenario;
  #settings;

  constructor(scenario, settings) {
    super();
    this.#scenario = scenario;
    this.#settings = settings;
  }

  /**
   * Resolves with whether every claim holds. Rejects when a step fails or does not come, and with the signal's reason
   * when it is stopped.
   *
   * @param {object} stage  see `stage.js`
   * @param {AbortSignal} signal
   */
  async play(stage, signal) {
    const { steps, verdict } = this.#scenario;
    const file = stage.file();
    for (const [index, { run, until }] of steps.entries()) {
      this.#tell("step", { index });
      await run?.(stage, file);
      signal.throwIfAborted();
      await Promise.all([
        stage.until(() => until(stage, file), signal),
        stage.pause(this.#settings.pause * 1000, signal),
      ]);
    }
    this.#tell("step", { index: steps.length });
    let all = true;
    for (const [index, claim] of verdict.entries()) {
      const holds = await claim.holds(stage);
      signal.throwIfAborted();
      this.#tell("claim", { index, holds });
      all &&= holds;
    }
    return all;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
