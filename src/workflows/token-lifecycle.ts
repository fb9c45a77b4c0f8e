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
import { cardOf } from '../core/card.js';
import type { Decision, Published, Step, Wake } from '../core/decide.js';
import type { Event } from '../core/events.js';
import { stateFrom, type LifecycleInput } from '../core/input.js';
import { newestRules, rulesOf, type Rules } from '../core/rules.js';
import { publishedBefore, searchAttributePairs } from '../core/search-attributes.js';
import { generationOf, type LifecycleState } from '../core/state.js';
import { registerHandlers } from './handlers.js';
import { publish } from './published.js';
import { eventOfFailure, eventOfResult, startStep } from './steps.js';

/** What a closed lifecycle answers. */
export interface LifecycleOutcome {
  readonly key: string;
  readonly closedBy: string;
  readonly generation: number;
}

/** Keeps one token alive: the shell that carries out what core decides. Closes on revoke, forget or a cancel only. */
export async function tokenLifecycle(input: LifecycleInput): Promise<LifecycleOutcome> {
  const rules = rulesOf(input.rules);
  // A plain Error fails the workflow task, not the workflow: a newer worker takes it.
  if (rules === undefined) throw new Error(`this worker does not know rules ${input.rules}`);
  const lifecycle = new Lifecycle(input, rules);
  registerHandlers(lifecycle);
  const root = CancellationScope.current();
  return CancellationScope.nonCancellable(() => {
    root.cancelRequested.catch(() => lifecycle.on({ type: 'cancelled' }));
    return lifecycle.run();
  });
}

/** Steps that finish what they began, and so have no scope to cancel: a store under way is never cut off. */
const uncut: ReadonlySet<Step['run']> = new Set(['refresh', 'reconcile', 'propagate']);

class Lifecycle {
  state: LifecycleState;
  draining = false;
  readonly #running = new Map<string, { readonly scope: CancellationScope | null }>();
  #timer: { readonly wake: Wake; readonly scope: CancellationScope } | null = null;
  /** Unix ms: the latest instant of a timer that fired. */
  #reached = 0;
  #dirty = true;
  /** Ends the loop's rest. A promise of our own is cheaper than `condition`, which costs one more call into the sandbox at each task. */
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
    this.state = this.rules.evolve(this.state, event, this.#now());
    this.#dirty = true;
    this.#wakeUp();
  }

  /**
   * Unix ms, never before a timer that fired. The clock alone may be: a query that meets a killed worker's workflow makes the next worker
   * carry out what came since by the time of the task before. A command that was decided so would not replay, and the run be stuck.
   */
  #now(): number {
    return Math.max(Date.now(), this.#reached);
  }

  get running(): string[] {
    return [...this.#running.keys()];
  }

  get wakeAt(): number | null {
    return this.#timer?.wake.at ?? null;
  }

  async run(): Promise<LifecycleOutcome> {
    for (;;) {
      const leaving = this.#wantsNewRun();
      const decision = this.#carryOut(leaving);
      this.#publish(decision);
      if (decision.done) return this.#finish();
      if (leaving && decision.restful) return this.#continueAsNew();
      this.#arm(decision.wake);
      await this.#rest();
    }
  }

  /** Until the next event. */
  async #rest(): Promise<void> {
    if (!this.#dirty) await new Promise<void>((resolve) => (this.#wakeUp = resolve));
  }

  /** Starts and cancels the difference between what should run and what does, until starting changes nothing more. */
  #carryOut(leaving: boolean): Decision {
    for (;;) {
      this.#dirty = false;
      const decision = this.rules.decide(this.state, this.#now());
      for (const [id, { scope }] of this.#running) if (!decision.steps.some((step) => step.id === id)) scope?.cancel();
      if (!leaving) for (const step of decision.steps) if (this.#mayStart(step)) this.#start(step);
      if (!this.#dirty) return decision;
    }
  }

  /** What empties a sink comes after the delivery under way, which would fill it again; `close` comes last of all. */
  #mayStart(step: Step): boolean {
    if (this.#running.has(step.id)) return false;
    if (step.run === 'close') return this.#running.size === 0;
    if (step.run !== 'empty') return true;
    const fills = ['refresh', 'propagate', `deliver:${step.left.sink.id}`];
    return !fills.some((id) => this.#running.has(id));
  }

  #start(step: Step): void {
    const scope = uncut.has(step.run) ? null : new CancellationScope();
    this.#running.set(step.id, { scope });
    const work = scope === null ? startStep(step, this.state) : scope.run(() => startStep(step, this.state));
    if (step.run === 'refresh' || step.run === 'reconcile') this.on({ type: `${step.run}.started` });
    const end = (event: Event): void => {
      this.#running.delete(step.id);
      this.on(event);
    };
    work.then(
      (result) => end(eventOfResult(step, result)),
      (error: unknown) => end(eventOfFailure(step, error)),
    );
  }

  /** Keeps ONE timer, at the instant that was decided. */
  #arm(wake: Wake | null): void {
    if (this.#timer?.wake.at === wake?.at) return;
    this.#timer?.scope.cancel();
    this.#timer = null;
    if (wake === null) return;
    const timer = (this.#timer = { wake, scope: new CancellationScope() });
    timer.scope
      .run(() => sleep(Math.max(1, wake.at - this.#now()), { summary: wake.why }))
      .then(
        () => {
          if (this.#timer === timer) this.#timer = null;
          this.#reached = Math.max(this.#reached, wake.at);
          this.on({ type: 'woke' });
        },
        () => undefined, // cancelled: another one is armed
      );
  }

  #publish(decision: Decision): void {
    setCurrentDetails(cardOf(this.state, this.#now()));
    if (decision.publish === null || this.input.searchAttributes === null) return;
    const changed = searchAttributePairs(decision.publish, this.#published);
    if (changed.length === 0) return;
    publish(changed, this.input.searchAttributes);
    this.#published = decision.publish;
  }

  #wantsNewRun(): boolean {
    if (this.state.closing !== null) return false;
    const { maxRotationsPerRun } = this.input;
    const info = workflowInfo();
    return (
      info.continueAsNewSuggested ||
      info.targetWorkerDeploymentVersionChanged ||
      this.state.newRun === true ||
      (maxRotationsPerRun !== null && this.state.rotationsInRun >= maxRotationsPerRun)
    );
  }

  /** Ends lanes, releases waiting updates, takes late requests along. */
  async #drain(): Promise<void> {
    this.draining = true;
    this.#arm(null);
    for (const { scope } of this.#running.values()) scope?.cancel();
    await condition(() => this.#running.size === 0 && allHandlersFinished());
  }

  async #continueAsNew(): Promise<never> {
    await this.#drain();
    const { spec, revision } = this.state;
    // A pinned run moves on with the deployment; without worker versioning the flag is never set.
    const moves = workflowInfo().targetWorkerDeploymentVersionChanged;
    const next = makeContinueAsNewFunc<typeof tokenLifecycle>(
      moves ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {},
    );
    return next({
      ...this.input,
      rules: newestRules,
      spec,
      revision,
      carried: { state: this.state, published: JSON.stringify(this.#published) },
    });
  }

  async #finish(): Promise<LifecycleOutcome> {
    const closing = this.state.closing;
    await this.#drain();
    this.#publish(this.rules.decide(this.state, this.#now()));
    if (closing?.kind === 'cancel')
      throw new CancelledFailure('cancelled: the value stays as it is, nothing was revoked');
    return { key: this.state.spec.key, closedBy: closing?.kind ?? 'unknown', generation: generationOf(this.state) };
  }
}

export type { Lifecycle };
