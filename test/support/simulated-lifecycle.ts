import { createActivities } from '../../src/activities/index.js';
import { decide, type Step } from '../../src/core/lifecycle/decide.js';
import type { Event, Verb } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { stateFrom } from '../../src/core/lifecycle/input.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { mayStart, uncancellable } from '../../src/core/lifecycle/side-by-side.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { eventOfFailure, startStep } from '../../src/workflows/steps.js';
import type { SimulatedOutside } from './simulated-outside.js';
import { SimulatedTemporal } from './simulated-temporal.js';

/**
 * A whole lifecycle in one process: the real decisions, steps and activities, between a simulated Temporal and a simulated outside. Only the
 * shell is its own, as small as that of src/workflows/lifecycle.ts without continue-as-new. Needs `simulatedWorkflowModule`.
 */
export class SimulatedLifecycle {
  state: LifecycleState;
  isDone = false;
  readonly temporal: SimulatedTemporal;
  readonly #running = new Map<string, { readonly step: Step; readonly scope: AbortController }>();
  #timer: NodeJS.Timeout | undefined;
  #workflow = 0;
  #requests = 0;

  constructor(
    readonly outside: SimulatedOutside,
    spec: TokenSpec,
  ) {
    const { gates } = outside;
    this.temporal = new SimulatedTemporal(
      (attempt) => createActivities(outside.depsOf(attempt)),
      (attempt) => gates.forget(attempt),
      (what) => gates.note(what),
    );
    this.state = newState(spec);
  }

  on(event: Event): void {
    if (this.isDone) return;
    this.outside.gates.note(`  ${JSON.stringify(event).slice(0, 200)}`);
    this.state = evolve(this.state, event, Date.now());
    this.carryOut();
  }

  ask(verb: Verb, more: object = {}): void {
    const request = { requestId: `r${++this.#requests}`, reason: 'Test', actor: 'ana', ...more };
    this.on({ type: 'asked', verb, request } as Event);
  }

  /** The workflow is terminated, and the token applied again. */
  startAnew(): void {
    this.outside.gates.note('  terminated, and applied again');
    this.#workflow++;
    this.temporal.terminate();
    this.#running.clear();
    this.state = newState(this.state.spec);
    this.carryOut();
  }

  /** Starts and cancels steps until the running ones match the decision, and sets the timer. */
  carryOut(): void {
    let decision = decide(this.state, Date.now());
    for (let isDirty = true; isDirty; decision = decide(this.state, Date.now())) {
      isDirty = false;
      for (const { step, scope } of this.#running.values())
        if (!uncancellable.has(step.run) && !decision.steps.some(({ id }) => id === step.id)) scope.abort();
      for (const step of decision.steps) if (mayStart(step, this.#running)) isDirty = this.#start(step) || isDirty;
    }
    this.isDone = decision.done;
    clearTimeout(this.#timer);
    const { wake } = decision;
    if (wake !== null && !this.isDone)
      this.#timer = setTimeout(() => this.on({ type: 'woke' }), Math.min(2 ** 31 - 1, wake.at - Date.now()));
  }

  /** @returns whether the state has changed */
  #start(step: Step): boolean {
    const scope = new AbortController();
    this.#running.set(step.id, { step, scope });
    this.temporal.scope = uncancellable.has(step.run) ? null : scope.signal;
    const work = startStep(step, this.state);
    const workflow = this.#workflow;
    const end = (event: Event): void => {
      if (workflow !== this.#workflow) return;
      this.#running.delete(step.id);
      this.on(event);
    };
    work.then(end, (error: unknown) => end(eventOfFailure(step, error, scope.signal.aborted)));
    if (step.run !== 'refresh' && step.run !== 'reconcile') return false;
    this.state = evolve(this.state, { type: `${step.run}.started` }, Date.now());
    return true;
  }
}

const newState = (spec: TokenSpec): LifecycleState =>
  stateFrom({ v: 1, rules: 1, spec, revision: 1, searchAttributes: null, maxRotationsPerRun: null });
