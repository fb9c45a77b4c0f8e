import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  makeContinueAsNewFunc,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { cardOf } from '../core/lifecycle/card.js';
import type { Decision, Published, Step, Wake } from '../core/lifecycle/decide.js';
import type { Event } from '../core/lifecycle/events.js';
import { stateFrom, type LifecycleInput } from '../core/lifecycle/input.js';
import { untimedMessage } from '../core/names.js';
import { newestRules, type Rules } from '../core/lifecycle/rules.js';
import { publishedBefore, searchAttributePairs } from '../core/lifecycle/search-attributes.js';
import type { LifecycleState } from '../core/lifecycle/state.js';
import { generationOf } from '../core/lifecycle/served.js';
import { mayStart, uncancellable } from '../core/lifecycle/side-by-side.js';
import { publish } from './published.js';
import { eventOfFailure } from './step-failures.js';
import { startStep } from './steps.js';

/** The result of a closed lifecycle. */
export interface LifecycleOutcome {
  readonly key: string;
  readonly closedBy: string;
  readonly generation: number;
}

/** The shell around one run: it carries out what core decides, and feeds what happens to it. */
export class Lifecycle {
  state: LifecycleState;
  draining = false;
  readonly #running = new Map<string, { readonly scope: CancellationScope | null }>();
  #timer: { readonly wake: Wake; readonly scope: CancellationScope } | null = null;
  /** Whether an event came since the last decision. */
  #dirty = false;
  /** The last workflow task that was noted. */
  #task = { at: 0, historyLength: 0, historySize: 0 };
  #refuse: (why: Error) => void = () => undefined;
  /** Rejects where something arrived before its workflow task: a plain Error, which fails only this workflow task, or query. */
  readonly untimed = new Promise<never>((_, reject) => (this.#refuse = reject));
  /** Wakes the loop. A promise of our own is cheaper than `condition`, which costs one more call into the sandbox at each task. */
  #wakeUp: () => void = () => undefined;
  #published: Partial<Published>;

  constructor(
    readonly input: LifecycleInput,
    readonly rules: Rules,
  ) {
    this.state = stateFrom(input);
    this.#published = publishedBefore(input);
  }

  on(event: Event): void {
    if (!this.noteTask()) return;
    this.state = this.rules.evolve(this.state, event, Date.now());
    this.#dirty = true;
    this.#wakeUp();
  }

  /**
   * Notes the workflow task that is being handled.
   *
   * A query that waited for a worker can make the SDK deliver newer events before their workflow task exists: there is more history, but
   * `Date.now()` is still that of the previous task. A command decided then would not replay, and the run would be stuck. So this refuses:
   * the query fails, the worker drops the run from its cache, and the task, once it comes, replays all of it.
   * @returns whether there is one
   */
  noteTask(): boolean {
    const { historyLength, historySize, unsafe } = workflowInfo();
    const [was, at] = [this.#task, Date.now()];
    const looksUntimed = historyLength > was.historyLength && historySize === was.historySize && at === was.at;
    // While replaying, every event had its task. A task that only looks untimed, because the server's clock was set back, succeeds in a
    // later attempt.
    if (looksUntimed && !unsafe.isReplaying) {
      this.#refuse(new Error(untimedMessage));
      return false;
    }
    this.#task = { at, historyLength, historySize };
    return true;
  }

  get running(): string[] {
    return [...this.#running.keys()];
  }

  get wakeAt(): number | null {
    return this.#timer?.wake.at ?? null;
  }

  /** Prefix of the search attributes; null: they do not exist, as far as is known here. */
  get searchAttributes(): string | null {
    return this.state.searchAttributes ?? this.input.searchAttributes;
  }

  async run(): Promise<LifecycleOutcome> {
    this.noteTask();
    for (;;) {
      const leaving = this.#wantsNewRun();
      const decision = this.#carryOut(leaving);
      this.#publish(decision);
      if (decision.done) return this.#finish();
      if (leaving && decision.canContinueAsNew) return this.#continueAsNew();
      this.#arm(decision.wake);
      await this.#rest();
    }
  }

  /**
   * Waits for the next event: none can have come since the decision. A function of its own, since each await has its part in the order of
   * commands.
   */
  async #rest(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wakeUp = resolve));
  }

  /** Starts and cancels steps until the running ones match the decision. */
  #carryOut(leaving: boolean): Decision {
    for (;;) {
      this.#dirty = false;
      const decision = this.rules.decide(this.state, Date.now());
      for (const [id, { scope }] of this.#running) if (!decision.steps.some((step) => step.id === id)) scope?.cancel();
      if (!leaving) for (const step of decision.steps) if (mayStart(step, this.#running)) this.#start(step);
      if (!this.#dirty) return decision;
    }
  }

  #start(step: Step): void {
    const scope = uncancellable.has(step.run) ? null : new CancellationScope();
    this.#running.set(step.id, { scope });
    const work = scope === null ? startStep(step, this.state) : scope.run(() => startStep(step, this.state));
    if (step.run === 'refresh' || step.run === 'reconcile') this.on({ type: `${step.run}.started` });
    const end = (event: Event): void => {
      this.#running.delete(step.id);
      this.on(event);
    };
    work.then(end, (error: unknown) => end(eventOfFailure(step, error, scope?.consideredCancelled === true)));
  }

  /** Keeps ONE timer, at the decided instant. */
  #arm(wake: Wake | null): void {
    if (this.#timer?.wake.at === wake?.at) return;
    this.#timer?.scope.cancel();
    this.#timer = null;
    if (wake === null) return;
    const timer = (this.#timer = { wake, scope: new CancellationScope() });
    timer.scope
      .run(() => sleep(wake.at - Date.now(), { summary: wake.why }))
      .then(
        () => {
          if (this.#timer === timer) this.#timer = null;
          this.on({ type: 'woke' });
        },
        () => undefined, // cancelled: another one is armed
      );
  }

  #publish(decision: Decision): void {
    setCurrentDetails(cardOf(this.state, Date.now()));
    const { searchAttributes } = this;
    if (decision.publish === null || searchAttributes === null) return;
    const changed = searchAttributePairs(decision.publish, this.#published);
    if (changed.length === 0) return;
    publish(changed, searchAttributes);
    this.#published = decision.publish;
  }

  #wantsNewRun(): boolean {
    const { maxRotationsPerRun } = this.input;
    const info = workflowInfo();
    // An end that does not come, of a revocation that is refused for months, must not outgrow its history either.
    if (info.continueAsNewSuggested || info.targetWorkerDeploymentVersionChanged) return true;
    if (this.state.closing !== null) return false;
    return (
      this.state.newRun === true ||
      (maxRotationsPerRun !== null && this.state.rotationsInRun >= Math.max(1, maxRotationsPerRun))
    );
  }

  /** Ends lanes, releases waiting updates, and lets late requests in. */
  async #drain(): Promise<void> {
    this.draining = true;
    this.#arm(null);
    for (const { scope } of this.#running.values()) scope?.cancel();
    await condition(() => this.#running.size === 0 && allHandlersFinished());
  }

  async #continueAsNew(): Promise<LifecycleOutcome> {
    await this.#drain();
    const { spec, revision, closing } = this.state;
    // The next run could only fail: Temporal's cancel is of this one.
    if (closing?.kind === 'cancel') return this.#finish();
    // A pinned run moves on with the deployment; without worker versioning the flag is never set.
    const moves = workflowInfo().targetWorkerDeploymentVersionChanged;
    const next = makeContinueAsNewFunc<(input: LifecycleInput) => Promise<LifecycleOutcome>>(
      moves ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {},
    );
    return next({
      ...this.input,
      rules: newestRules,
      spec,
      revision,
      searchAttributes: this.searchAttributes,
      carried: { state: this.state, published: JSON.stringify(this.#published) },
    });
  }

  async #finish(): Promise<LifecycleOutcome> {
    await this.#drain();
    this.#publish(this.rules.decide(this.state, Date.now()));
    const { closing } = this.state;
    if (closing?.kind === 'cancel')
      throw new CancelledFailure('cancelled: the value stays as it is, nothing was revoked');
    return { key: this.state.spec.key, closedBy: closing?.kind ?? 'unknown', generation: generationOf(this.state) };
  }
}
