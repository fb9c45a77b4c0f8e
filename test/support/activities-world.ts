import { close } from '../../src/activities/close.js';
import { empty } from '../../src/activities/empty.js';
import type { ActivityDeps, Checkpoint } from '../../src/activities/index.js';
import type { RefreshInput, TokenInput } from '../../src/activities/inputs.js';
import type { Attempt } from '../../src/activities/attempt.js';
import { deliver, propagate } from '../../src/activities/propagate.js';
import { reconcile } from '../../src/activities/reconcile.js';
import { refresh } from '../../src/activities/refresh.js';
import { retire } from '../../src/activities/retire.js';
import type { PropagateResult, RefreshResult } from '../../src/core/lifecycle/events.js';
import type { Owner, VaultRecord } from '../../src/core/record/record.js';
import { silentLog } from '../../src/drivers.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import { Bench } from './lifecycle-bench.js';
import { tokenSpec } from './lifecycle.js';

const namespace = { cluster: 'test', namespace: 'default', namespaceId: 'test-id' };

/** For a refresh that takes a minute at most, and delivers to no sink. */
export const aMinute = {
  abortAfterMs: 60_000,
  deadlineAfterMs: 65_000,
  deliverUntilMs: 60_000,
  sinks: [],
  sinkAttemptMs: 60_000,
} as const;

/** A worker's activities without Temporal; `at` runs code at a checkpoint. Sinks `one` and `two`. */
export class ActivitiesWorld {
  readonly bench = new Bench();
  readonly spec: ReturnType<typeof tokenSpec>;
  owner: Owner = { ...namespace, workflowId: 'it' };
  at: (point: Checkpoint) => Promise<void> = async () => {};
  readonly deps: ActivityDeps = {
    connections: this.bench,
    now: () => Date.now(),
    log: silentLog,
    namespace,
    checkpoint: (point) => this.at(point),
  };
  #attempts = 0;

  constructor(overrides: Parameters<typeof tokenSpec>[0] = {}) {
    this.spec = tokenSpec(overrides);
  }

  /** At generation 2, delivered to both sinks; generation 1 lives, too. */
  static async rotated(overrides: Parameters<typeof tokenSpec>[0] = {}): Promise<ActivitiesWorld> {
    const world = new ActivitiesWorld(overrides);
    await world.rotate(0);
    await world.rotate(1);
    await world.propagate(2);
    return world;
  }

  /** What every input carries; the workflow knows no vault yet. */
  get input(): TokenInput {
    return { v: 1, spec: this.spec, vaultId: null };
  }

  attempt(cancelled: Attempt['cancelled'] = new AbortController().signal, number = 1, scheduledAt = 0): Attempt {
    return { id: `attempt-${++this.#attempts}`, owner: this.owner, number, scheduledAt, cancelled };
  }

  rotate(
    expectedCurrent: number,
    overrides: Partial<RefreshInput> = {},
    attempt = this.attempt(),
  ): Promise<RefreshResult> {
    const asked = { reason: 'Test', actor: 'test', suspected: null, reauthorize: false, preflight: false };
    return refresh(this.deps, { ...this.input, ...asked, ...aMinute, expectedCurrent, ...overrides }, attempt);
  }

  propagate(atLeast = 1): Promise<PropagateResult> {
    const sinks = this.spec.sinks.map(({ id }) => id);
    return propagate(this.deps, { ...this.input, atLeast, sinks, sinkAttemptMs: 60_000 }, this.attempt());
  }

  /** Every activity that reads or writes the record, as a workflow at this generation calls it. */
  activities(generation: number, input: Partial<TokenInput> = {}): Readonly<Record<string, () => Promise<unknown>>> {
    const { deps, spec } = this;
    const base = { ...this.input, ...input };
    const [sink] = spec.sinks;
    const by = { reason: 'Test', actor: 'test', left: [] };
    const look = { expectedCurrent: generation, takeOver: false, sinkAttemptMs: 60_000 };
    const left = { ...sink!, id: 'three', connection: 'three' };
    return {
      reconcile: () => reconcile(deps, { ...base, ...look }, this.attempt()),
      refresh: () => this.rotate(generation, base),
      propagate: () =>
        propagate(deps, { ...base, atLeast: generation, sinks: ['one'], sinkAttemptMs: 60_000 }, this.attempt()),
      deliver: () =>
        deliver(deps, { ...base, atLeast: generation, sink: 'one', mendingWaitMs: 60_000 }, this.attempt()),
      retire: () => retire(deps, { ...base, generation: generation - 1 }, this.attempt()),
      empty: () => empty(deps, { ...base, sink: left, generation, actor: 'test' }, this.attempt()),
      revoke: () => close(deps, { ...base, kind: 'revoke', ...by }, this.attempt()),
      forget: () => close(deps, { ...base, kind: 'forget', ...by }, this.attempt()),
    };
  }

  /** From now on its provider answers like this. */
  answering(answers: Partial<Issuer>): void {
    const open = this.bench.issuer.bind(this.bench);
    this.bench.issuer = async (...asked) => {
      const opened = await open(...asked);
      return { ...opened, issuer: { ...opened.issuer, ...answers } };
    };
  }

  record(): Promise<VaultRecord | null> {
    return this.bench.record(this.spec.key);
  }

  /** As if the newest value had been issued, and would expire, this much earlier. */
  async age(ms: number): Promise<void> {
    const record = (await this.record())!;
    const generations = record.generations.map((g, index) =>
      index === record.generations.length - 1
        ? { ...g, issuedAt: g.issuedAt - ms, expiresAt: g.expiresAt && g.expiresAt - ms }
        : g,
    );
    await this.bench.restore(this.spec.key, { ...record, generations });
  }

  /** What each sink of the token holds. */
  get held(): (number | undefined)[] {
    return this.spec.sinks.map(({ connection }) => this.bench.sinkNamed(connection).held?.generation);
  }

  /** Runs `meanwhile` when a checkpoint is first reached. */
  once(wanted: Checkpoint, meanwhile: () => Promise<unknown>): void {
    this.at = async (point) => {
      if (point !== wanted) return;
      this.at = async () => {};
      await meanwhile();
    };
  }
}
