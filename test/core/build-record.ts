import { emptyRecord, type Generation, type Intent, type VaultRecord } from '../../src/core/record/record.js';
import { fingerprintOf } from './build.js';
import { hour, minute, second, t0 } from './time.js';

export const key = 'test/token';

export function generation(
  number: number,
  state: Generation['state'],
  overrides: Partial<Generation> = {},
): Generation {
  return {
    generation: number,
    state,
    value: `value-${number}`,
    fingerprint: fingerprintOf(number),
    handle: null,
    issuedAt: t0,
    expiresAt: t0 + hour,
    scopes: null,
    verifiedAt: null,
    verifiedBy: null,
    ...overrides,
  };
}

export const intentOf = (number: number, overrides: Partial<Intent> = {}): Intent => ({
  generation: number,
  attemptId: 'other',
  reissue: 'D',
  startedAt: t0 - minute,
  deadline: t0 - second,
  ...overrides,
});

export function recordOf(overrides: Partial<VaultRecord> = {}): VaultRecord {
  const generations = overrides.generations ?? [generation(2, 'previous'), generation(3, 'current')];
  const counter = Math.max(0, ...generations.map((g) => g.generation), overrides.intent?.generation ?? 0);
  return { ...emptyRecord('v1', key), counter, continuation: 'grant', generations, ...overrides };
}
