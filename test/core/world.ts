import { decide, type Decision, type Step } from '../../src/core/lifecycle/decide.js';
import type { Event, HeldGeneration, Holding, SinkResult, StepFailure } from '../../src/core/lifecycle/events.js';
import { errorKind } from '../../src/core/errors.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { failedEvent } from '../../src/core/lifecycle/failed-event.js';
import { stateFrom } from '../../src/core/lifecycle/input.js';
import { mayStart, uncancellable } from '../../src/core/lifecycle/side-by-side.js';
import type { Capabilities, LifecycleState } from '../../src/core/lifecycle/state.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { fingerprintOf } from './build.js';
import { hour, t0 } from './time.js';

/** A step with what it was started with, as an activity has its input. */
interface Running {
  readonly step: Step;
  readonly suspected: number | null;
}

/** A consumer: what stands there, and whether it can be reached. */
interface Consumer {
  generation: number;
  state: 'up' | 'down' | 'foreign';
}

type Check = (decision: Decision, world: World) => void;

/**
 * The shell and everything outside in a few lines: it starts, cancels and ends steps as the workflow does, on a clock of its own.
 * `check` sees each decision before it is carried out.
 */
export class World {
  now = t0;
  state: LifecycleState;
  done = false;
  readonly running = new Map<string, Running>();
  readonly started: Step['id'][] = [];
  readonly log: string[] = [];
  readonly consumers = new Map<string, Consumer>();
  readonly vault = { counter: 0, current: null as HeldGeneration | null, previous: [] as HeldGeneration[] };
  /** The provider ended the current value behind our back. */
  dead = false;
  wakeAt: number | null = null;
  /** The code of a refresh that failed in a way that only a person may end; null: none did. */
  #barredBy: string | null = null;
  lifetimeMs: number | null = hour;

  constructor(
    readonly spec: TokenSpec,
    readonly capabilities: Capabilities,
    readonly check: Check = () => undefined,
  ) {
    for (const { id } of spec.sinks) this.consumers.set(id, { generation: 0, state: 'up' });
    this.state = stateFrom({
      v: 1,
      rules: 1,
      spec,
      revision: 1,
      searchAttributes: null,
      maxRotationsPerRun: null,
    });
    this.carryOut();
  }

  on(event: Event): void {
    if (this.done) return;
    this.log.push(`${this.now - t0} ${JSON.stringify(event).slice(0, 160)}`);
    this.state = evolve(this.state, event, this.now);
    if (event.type === 'refresh.failed' && !event.failure.cancelled) {
      const { wanted } = this.state;
      // Who reauthorized while it ran has decided already.
      const isDecided = wanted?.reauthorize === true && !wanted.taken;
      const { code } = event.failure;
      this.#barredBy = errorKind(code) === 'person' && !isDecided ? code : null;
    } else if (frees(event, this.state, this.#barredBy)) this.#barredBy = null;
  }

  /** Starts and cancels the difference, as the shell does; throws when that does not come to rest. */
  carryOut(): Decision {
    for (let round = 0; round < 30; round++) {
      const decision = decide(this.state, this.now);
      this.check(decision, this);
      for (const [id, { step }] of this.running) {
        if (uncancellable.has(step.run) || decision.steps.some((one) => one.id === id)) continue;
        this.running.delete(id);
        // The worst: what it was to remove is gone all the same.
        if (step.run === 'empty') this.#remove(step.left.sink.id);
        this.on(failedEvent(step, { code: 'Cancelled', message: 'cancelled', cancelled: true }));
      }
      let isDirty = false;
      for (const step of decision.steps) {
        if (!mayStart(step, this.running)) continue;
        if (step.run === 'refresh' && this.#barredBy !== null && this.state.phase !== 'refreshing') {
          throw new Error(`a refresh starts that only a person may decide on\n${this.log.slice(-8).join('\n')}`);
        }
        this.running.set(step.id, { step, suspected: this.state.wanted?.suspected ?? null });
        this.started.push(step.id);
        if (step.run === 'refresh' || step.run === 'reconcile') this.on({ type: `${step.run}.started` });
        isDirty = true;
      }
      if (isDirty) continue;
      this.done = decision.done;
      this.wakeAt = decision.wake?.at ?? null;
      return decision;
    }
    throw new Error(`no rest: ${this.started.slice(-10).join(', ')}`);
  }

  /** Lets time pass; the timer fires where it is due. */
  advance(ms: number): void {
    this.now += ms;
    if (this.wakeAt !== null && this.now >= this.wakeAt) this.on({ type: 'woke' });
    this.carryOut();
  }

  /** Ends a running step well, as far as the outside allows; a lane to a dead consumer goes on. */
  succeed(id: string): void {
    const one = this.running.get(id);
    if (one === undefined) return;
    const event = this.#outcome(one);
    if (event === null) return;
    this.running.delete(id);
    this.on(event);
    this.carryOut();
  }

  fail(id: string, failure: StepFailure): void {
    const one = this.running.get(id);
    if (one === undefined) return;
    this.running.delete(id);
    this.on(failedEvent(one.step, failure));
    this.carryOut();
  }

  /** The next run takes over what this one carries. */
  continueAsNew(): void {
    for (const [id, { step }] of this.running) {
      if (uncancellable.has(step.run)) this.succeed(id);
    }
    if ([...this.running.values()].some(({ step }) => uncancellable.has(step.run))) return;
    for (const [id, { step }] of this.running) {
      this.running.delete(id);
      this.on(failedEvent(step, { code: 'Cancelled', message: 'cancelled', cancelled: true }));
    }
    const state = JSON.parse(JSON.stringify(this.state)) as LifecycleState;
    const { spec, revision } = state;
    const base = { v: 1, rules: 1, spec, revision, searchAttributes: null, maxRotationsPerRun: null };
    this.state = stateFrom({ ...base, carried: { state, published: '' } });
    this.carryOut();
  }

  /** A time in which every step succeeds at once; the clock goes from timer to timer, and on until nothing runs. */
  fairFor(ms: number): void {
    const until = this.now + ms;
    for (let round = 0; !this.done && (this.now < until || this.running.size > 0); round++) {
      if (round > 5_000) throw new Error(`hot: ${this.started.slice(-10).join(', ')}`);
      const ids = [...this.running.keys()];
      for (const id of ids) this.succeed(id);
      if (ids.length === 0) this.advance(Math.min(until, this.wakeAt ?? until) - this.now);
    }
  }

  /**
   * A time in which each kind of step ends the same way every time: by a code, or well (null). A failure after a retry of Temporal's own is
   * one here. @returns the notices that were heard, in order
   */
  stayFor(ms: number, outcomeOf: (run: Step['run']) => string | null): Step['id'][] {
    const until = this.now + ms;
    const heard: Step['id'][] = [];
    for (let round = 0; !this.done && this.now < until; round++) {
      if (round > 5_000) throw new Error(`hot: ${this.started.slice(-10).join(', ')}`);
      const before = this.started.length;
      const steps = [...this.running.values()].map(({ step }) => step);
      for (const { id, run } of steps) {
        const code = outcomeOf(run);
        if (run === 'notify') heard.push(id);
        if (code === null) this.succeed(id);
        else this.fail(id, { code, message: 'no', cancelled: false });
      }
      if (this.started.length === before) this.advance(Math.max(1, Math.min(until, this.wakeAt ?? until) - this.now));
    }
    return heard;
  }

  holding(): Holding {
    const { current } = this.vault;
    const previous = this.vault.previous.filter((one) => one.expiresAt === null || one.expiresAt > this.now);
    return { vaultId: 'v1', current, previous, capabilities: this.capabilities };
  }

  /** The vault is what it was one generation ago. */
  restore(): void {
    const { vault } = this;
    const older = vault.previous.at(-1);
    if (older === undefined) return;
    vault.current = older;
    vault.previous = vault.previous.slice(0, -1);
    vault.counter = older.generation;
  }

  /** A new value in the vault, however it came there. */
  mint(): HeldGeneration {
    const { vault, now, lifetimeMs } = this;
    if (vault.current !== null) vault.previous = [...vault.previous, vault.current];
    const generation = (vault.counter = Math.max(vault.counter, this.state.current?.generation ?? 0) + 1);
    const expiresAt = lifetimeMs === null ? null : now + lifetimeMs;
    const minted = { generation, fingerprint: fingerprintOf(generation), issuedAt: now, expiresAt };
    this.dead = false;
    return (vault.current = { ...minted, verifiedAt: now, verifiedBy: 'introspection' });
  }

  #outcome({ step, suspected }: Running): Event | null {
    const { vault } = this;
    switch (step.run) {
      case 'refresh': {
        const isFine = suspected !== null && suspected === vault.current?.generation && !this.dead;
        const current = isFine ? vault.current : this.mint();
        if (current === null) return null;
        const { generation, fingerprint } = current;
        const reference = { v: 1, vaultId: 'v1', key: this.spec.key, generation, fingerprint } as const;
        const result = { outcome: isFine ? 'fine' : 'issued', reference, holding: this.holding() } as const;
        // Sometimes there is no time left for the sinks, or for some of them.
        const reached = step.sinks.slice(0, step.sinks.length - (generation % 3));
        const rows = step.sinks.length === 0 || generation % 5 === 0 ? undefined : reached.map((id) => this.#write(id));
        return { type: 'refresh.ok', result: rows === undefined ? result : { ...result, rows } };
      }
      case 'reconcile': {
        const rows = this.state.spec.sinks.map(({ id }) => this.#look(id));
        const rolledBack = (vault.current?.generation ?? 0) < (this.state.current?.generation ?? 0);
        return { type: 'reconcile.ok', result: { holding: this.holding(), rows, rolledBack } };
      }
      case 'propagate':
        return { type: 'propagate.ok', result: { rows: step.sinks.map((id) => this.#write(id)) } };
      case 'deliver': {
        const result = this.#write(step.sink);
        return result.error === undefined ? { type: 'deliver.ok', result, since: step.laggingSince } : null;
      }
      case 'retire': {
        const heldBy = this.state.spec.sinks.flatMap(({ id }) => {
          const { generation, state } = this.#consumer(id);
          return state === 'up' && generation > 0 && generation <= step.generation ? [id] : [];
        });
        if (heldBy.length === 0) {
          vault.previous = vault.previous.filter(({ generation }) => generation !== step.generation);
        }
        return {
          type: 'retire.ok',
          generation: step.generation,
          result: { heldBy, currentDead: false },
        };
      }
      case 'empty':
        return this.#remove(step.left.sink.id) ? { type: 'empty.ok', left: step.left } : null;
      case 'notify':
        return { type: 'notify.ok', notice: step.notice };
      case 'close':
        return { type: 'close.ok', kind: step.kind };
    }
  }

  #consumer(id: string): Consumer {
    const known = this.consumers.get(id) ?? { generation: 0, state: 'up' };
    this.consumers.set(id, known);
    return known;
  }

  /** @returns whether nothing of ours stands there any more */
  #remove(sink: string): boolean {
    const consumer = this.#consumer(sink);
    if (consumer.state === 'up') consumer.generation = 0;
    return consumer.state !== 'down';
  }

  #look(sink: string): SinkResult {
    const { generation, state } = this.#consumer(sink);
    const base = { sink, generation: 0, at: this.now, holdsForMs: 0 };
    if (state === 'down') return { ...base, error: { code: 'SinkUnavailable', message: 'down' } };
    return state === 'foreign' ? { ...base, drifted: true } : { ...base, generation };
  }

  #write(sink: string): SinkResult {
    const consumer = this.#consumer(sink);
    const base = { sink, generation: 0, at: this.now, holdsForMs: 0 };
    if (consumer.state === 'down') return { ...base, error: { code: 'SinkUnavailable', message: 'down' } };
    if (consumer.state === 'foreign')
      return { ...base, drifted: true, error: { code: 'SinkNotOurs', message: 'not ours' } };
    consumer.generation = this.vault.current?.generation ?? 0;
    return { ...base, generation: consumer.generation };
  }
}

/** A person asked, or another way to a value was found, or the newer vault. */
function frees(event: Event, { answers, capabilities }: LifecycleState, barredBy: string | null): boolean {
  if (event.type === 'refresh.ok' || capabilities?.mintable === false) return true;
  if (event.type === 'reconcile.ok' && barredBy === 'VaultRolledBack') return true;
  const decides = ['rotate', 'rotateNow', 'reauthorize', 'configure'];
  return event.type === 'asked' && decides.includes(event.verb) && answers.at(-1)?.outcome === 'accepted';
}
