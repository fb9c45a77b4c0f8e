import type { SinkRow } from '../../src/core/lifecycle/sink-rows.js';
import type { CurrentGeneration, LifecycleState } from '../../src/core/lifecycle/state.js';
import { renewAtOf } from '../../src/core/lifecycle/renewal.js';
import type { HeldGeneration, Holding, SinkResult, StepFailure } from '../../src/core/lifecycle/events.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { hour, t0 } from './time.js';

/** A token of an hour's life with two sinks, renewed a third before its end. */
export function specOf(overrides: Partial<TokenSpec> = {}): TokenSpec {
  return {
    key: 'test/token',
    owner: 'platform',
    vault: 'vault',
    issuer: 'issuer',
    parameters: {},
    scopes: [],
    sinks: ['one', 'two'].map((id) => ({ id, connection: id, target: {}, takeOver: false })),
    renewBefore: { ratio: 1 / 3 },
    graceMs: 10_000,
    maxTtlMs: null,
    ttlMs: null,
    expect: {},
    expiresAt: null,
    remindMs: [],
    runbook: null,
    reconcileMs: null,
    attemptTimeoutMs: null,
    ...overrides,
  };
}

/** A fingerprint without jitter, one a generation. */
export const fingerprintOf = (generation: number): string => `00000000${generation.toString(16).padStart(8, '0')}`;

export function heldOf(generation: number, overrides: Partial<HeldGeneration> = {}): HeldGeneration {
  const issuedAt = overrides.issuedAt ?? t0;
  return {
    generation,
    fingerprint: fingerprintOf(generation),
    issuedAt,
    expiresAt: issuedAt + hour,
    verifiedAt: null,
    verifiedBy: null,
    ...overrides,
  };
}

export function holdingOf(current: HeldGeneration | null, overrides: Partial<Holding> = {}): Holding {
  return {
    vaultId: 'v1',
    current,
    previous: [],
    capabilities: { mintable: true, reissue: 'A', overlap: true, retire: 'revoke' },
    ...overrides,
  };
}

export function currentOf(generation: number, overrides: Partial<CurrentGeneration> = {}): CurrentGeneration {
  const held = heldOf(generation, overrides);
  return { ...held, renewAt: renewAtOf({ ...held, renewBefore: { ratio: 1 / 3 } }), ...overrides };
}

/** A row of a sink that acknowledged a generation. */
export function rowOf(acknowledged: number, overrides: Partial<SinkRow> = {}): SinkRow {
  return {
    acknowledged,
    acknowledgedAt: acknowledged === 0 ? null : t0,
    laggingSince: null,
    error: null,
    holdsForMs: 0,
    drifted: false,
    ...overrides,
  };
}

/** What sinks answered at an instant: they acknowledged a generation. */
export const resultsAt =
  (at: number) =>
  (sink: string, generation: number, overrides: Partial<SinkResult> = {}): SinkResult => ({
    sink,
    generation,
    at,
    holdsForMs: 0,
    ...overrides,
  });

export function failureOf(code: string, overrides: Partial<StepFailure> = {}): StepFailure {
  return { code, message: `it was ${code}`, cancelled: false, ...overrides };
}

export const problemOf = (
  code: string,
  kind: 'transient' | 'waiting' | 'person',
  during: 'refresh' | 'reconcile' = 'refresh',
): NonNullable<LifecycleState['problem']> => ({ during, code, message: `it was ${code}`, kind, at: t0 });
