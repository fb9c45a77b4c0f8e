import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { environmentOf } from '../../src/core/key.js';
import { createActivities } from '../../src/activities/index.js';
import type { Request, Verb } from '../../src/core/lifecycle/events.js';
import type { LifecycleInput } from '../../src/core/lifecycle/input.js';
import { isPausedAt } from '../../src/core/lifecycle/renewal.js';
import { newestRules, rulesOf } from '../../src/core/lifecycle/rules.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { activityNames, defaultSearchAttributePrefix, signalNames, updateNames } from '../../src/core/names.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { registerHandlers, type UpdateAnswer } from '../../src/workflows/handlers.js';
import { Lifecycle } from '../../src/workflows/lifecycle.js';
import type { SimulatedOutside } from './simulated-outside.js';
import { SimulatedTemporal } from './simulated-temporal.js';
import { ContinuedAsNew, SimulatedRun, type Execute } from './simulated-workflow.js';

/** How long a client waits for its answer, and between two tries. */
const waitMs = 60_000;
const againAfterMs = 500;

/** A request of a client, and what became of it. */
export interface Asked {
  readonly verb: Verb;
  readonly request: Request;
  /** Unix ms. */
  readonly at: number;
  /** What was known to be current then. */
  readonly generation: number;
  /** Of the declaration that it brings. */
  readonly revision: number | undefined;
  /** Whether an earlier workflow got it, which is no more. */
  isLost: boolean;
  answer: UpdateAnswer | null;
  /** Why it was refused. */
  refusal: string | null;
}

/**
 * A whole lifecycle in one process: the real workflow and activities, between a simulated Temporal and a simulated outside. Needs
 * `simulatedWorkflowModule`.
 */
export class SimulatedLifecycle {
  isDone = false;
  readonly temporal: SimulatedTemporal;
  readonly attributes = new Map<string, unknown>();
  readonly asked: Asked[] = [];
  /** What no workflow may end with. */
  broken: Error | null = null;
  /** See what clients are told. */
  onAnswer: (asked: Asked) => void = () => {};
  onRefusal: (asked: Asked, why: { readonly code: string; readonly state: LifecycleState }) => void = () => {};
  #lifecycle!: Lifecycle;
  /** Fingerprints by generation, as the workflow came to them. */
  readonly #seen = new Map<number, string>();
  #run: SimulatedRun | null = null;
  /** Requests that arrive between two runs. */
  readonly #arrived: (() => void)[] = [];
  #workflow = 0;

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
    this.#apply(spec);
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /** Sends a request, as clients do: again, with the same id, where a run ended without an answer. */
  ask(verb: Verb, more: object = {}): Asked {
    const request: Request & { revision?: number } = {
      requestId: `r${this.asked.length + 1}`,
      reason: 'Test',
      actor: 'ana',
      ...more,
    };
    const asked: Asked = {
      verb,
      request,
      at: Date.now(),
      generation: this.state.current?.generation ?? 0,
      revision: request.revision,
      isLost: false,
      answer: null,
      refusal: null,
    };
    this.asked.push(asked);
    this.#send(asked);
    return asked;
  }

  /** Temporal suggests a new run, which is seen at the next workflow task. */
  suggestNewRun(): void {
    if (this.#run !== null) this.#run.suggestsNewRun = true;
  }

  /** The workflow is terminated, and the token applied again. */
  startAnew(): void {
    const { spec } = this.state;
    this.outside.gates.note('  terminated, and applied again');
    if (this.#run !== null) this.#run.isOver = true;
    this.#workflow++;
    this.#arrived.length = 0;
    this.temporal.giveUpAll();
    for (const asked of this.asked) asked.isLost = true;
    this.#apply(spec);
  }

  /** @returns whether the workflow has anything else to do now */
  goOn(): boolean {
    if (this.broken !== null) throw this.broken;
    this.#requireRising();
    return this.#run?.endWaits() === true;
  }

  /** The client publishes what never changes, or rarely. */
  #apply(spec: TokenSpec): void {
    this.attributes.clear();
    const told = { Environment: environmentOf(spec.key), Issuer: spec.issuer, Owner: spec.owner };
    for (const [name, value] of Object.entries(told))
      this.attributes.set(`${defaultSearchAttributePrefix}${name}`, value);
    this.#start(inputOf(spec));
  }

  /** No generation is used twice. */
  #requireRising(): void {
    const { current } = this.state;
    if (current === null) return;
    const { generation, fingerprint } = current;
    const known = this.#seen.get(generation) ?? fingerprint;
    if (known !== fingerprint || generation < Math.max(0, ...this.#seen.keys()))
      throw new Error(`generation ${generation} came again\n${this.outside.gates.log.join('\n')}`);
    this.#seen.set(generation, fingerprint);
  }

  /** A pause starts nothing that makes or takes away a value. */
  #requireAllowed(name: string): void {
    const takesAway: readonly string[] = [activityNames.refresh, activityNames.retire, activityNames.empty];
    if (isPausedAt(this.state, Date.now()) && takesAway.includes(name))
      this.broken ??= new Error(`${name} while paused\n${this.outside.gates.log.join('\n')}`);
  }

  #check(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.broken ??= error as Error;
    }
  }

  #send(asked: Asked): void {
    const { verb, request } = asked;
    const { state } = this;
    const run = this.#run;
    if (run === null) this.#arrived.push(() => this.#send(asked));
    else if (verb in signalNames) run.signal(signalNames[verb as keyof typeof signalNames], request);
    else {
      void run.update(updateNames[verb as keyof typeof updateNames], request).then(
        (told) => this.#answered(asked, told as UpdateAnswer),
        (error: Error) => {
          if (!(error instanceof ApplicationFailure)) this.broken = error;
          asked.refusal = error.message;
          const code = (error as ApplicationFailure).type ?? '';
          this.#check(() => this.onRefusal(asked, { code, state }));
          this.outside.gates.note(`  ${request.requestId}: ${error.message}`);
        },
      );
    }
  }

  #answered(asked: Asked, answer: UpdateAnswer): void {
    this.outside.gates.note(`  ${asked.request.requestId}: ${JSON.stringify(answer)}`);
    if (answer.status !== 'pending' || Date.now() > asked.at + waitMs) {
      asked.answer = answer;
      this.#check(() => this.onAnswer(asked));
    } else setTimeout(() => asked.isLost || this.isDone || this.#send(asked), againAfterMs);
  }

  #start(input: LifecycleInput): void {
    const execute: Execute = (name, ...rest) => {
      this.#requireAllowed(name);
      return this.temporal.execute(name, ...rest);
    };
    const run = new SimulatedRun(execute, this.attributes);
    this.#run = run;
    run.within(() => {
      const lifecycle = new Lifecycle(input, rulesOf(input.rules)!);
      this.#lifecycle = lifecycle;
      const on = lifecycle.on.bind(lifecycle);
      lifecycle.on = (event) => {
        this.outside.gates.note(`  ${JSON.stringify(event).slice(0, 200)}`);
        on(event);
      };
      registerHandlers(lifecycle);
      for (const arrive of this.#arrived.splice(0)) arrive();
      lifecycle.run().then(
        () => this.#end(run),
        (error: unknown) => this.#end(run, error),
      );
    });
  }

  #end(run: SimulatedRun, error?: unknown): void {
    if (run.isOver) return;
    run.isOver = true;
    this.#run = null;
    if (error instanceof ContinuedAsNew) void this.#continue(JSON.stringify(error.input));
    else {
      this.isDone = true;
      if (error !== undefined && !(error instanceof CancelledFailure)) this.broken = error as Error;
    }
  }

  async #continue(input: string): Promise<void> {
    const workflow = this.#workflow;
    await this.outside.gates.turn(0, '  continues as new');
    if (workflow === this.#workflow) this.#start(JSON.parse(input) as LifecycleInput);
  }
}

const inputOf = (spec: TokenSpec): LifecycleInput => ({
  v: 1,
  rules: newestRules,
  spec,
  revision: 1,
  searchAttributes: defaultSearchAttributePrefix,
  maxRotationsPerRun: null,
});
