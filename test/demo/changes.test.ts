import { expect, test } from 'vitest';
import { describeChanges } from '../../demo/changes.js';
import type { TokenRow } from '../../src/client/list.js';

const now = Date.parse('2026-11-24T14:00:40Z');
const row = (overrides: Partial<TokenRow>): TokenRow => ({
  key: 'production/crm-export',
  state: 'healthy',
  generation: 1,
  expiresAt: '2026-11-24T14:01:00Z',
  renewAt: null,
  sinks: { acknowledged: 3, total: 3 },
  owner: null,
  issuer: null,
  ...overrides,
});

test.each([
  ['nothing', row({}), row({}), []],
  [
    'a renewal, by what was left of the old value',
    row({}),
    row({ generation: 2 }),
    ['crm-export gen 1 → 2, 20 s before expiry, delivered 3/3'],
  ],
  [
    'a renewal that came too late',
    row({ expiresAt: '2026-11-24T14:00:35Z' }),
    row({ generation: 2 }),
    ['crm-export gen 1 → 2, 5 s after expiry, delivered 3/3'],
  ],
  [
    'a renewal of what was revoked, whose expiry counts no more',
    row({ generation: 7 }),
    row({ generation: 8 }),
    ['crm-export gen 7 → 8 after its revocation, delivered 3/3'],
  ],
  ['another state', row({}), row({ state: 'partial' }), ['crm-export healthy → partial']],
  ['a first value', row({ state: 'acquiring', generation: 1 }), row({}), []],
])('what changed between two looks: %s', (_, before, after, lines) => {
  const wasRevoked = (key: string, generation: number): boolean => key === before.key && generation === 7;
  expect(describeChanges([before], [after], now, wasRevoked)).toEqual(lines);
});

test('a new token is shown with its state', () => {
  expect(describeChanges([], [row({})], now, () => false)).toEqual(['crm-export healthy, gen 1']);
});
