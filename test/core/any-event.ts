import fc from '../support/same-scripts.js';
import type { Event } from '../../src/core/lifecycle/events.js';
import type { Capabilities } from '../../src/core/lifecycle/state.js';
import { day, hour, t0 } from './time.js';
import { codes, record, sinkId } from './moves.js';

const generation = fc.integer({ min: 0, max: 12 });
const instant = fc.integer({ min: t0 - 10 * day, max: t0 + 400 * day });
const held = record({
  generation: fc.integer({ min: 1, max: 12 }),
  fingerprint: fc.constantFrom('', 'ffffffffffffffff', '0123456789abcdef', 'not hex'),
  issuedAt: instant,
  expiresAt: fc.option(instant),
  verifiedAt: fc.option(instant),
  verifiedBy: fc.option(fc.constant('introspection')),
});
export const capabilities: fc.Arbitrary<Capabilities> = record({
  mintable: fc.boolean(),
  reissue: fc.constantFrom('A', 'B', 'C', 'D'),
  overlap: fc.boolean(),
  retire: fc.constantFrom('revoke', 'expire'),
});
const holding = record(
  {
    vaultId: fc.constant('v1'),
    current: fc.option(held),
    previous: fc.uniqueArray(held, { maxLength: 3, selector: (one) => one.generation }),
    capabilities,
    outdated: fc.constant(true),
  },
  { requiredKeys: ['vaultId', 'current', 'previous', 'capabilities'] },
);
const row = record(
  {
    sink: sinkId,
    generation: fc.integer({ min: -1, max: 12 }),
    at: instant,
    holdsForMs: fc.nat(hour),
    drifted: fc.boolean(),
    error: record({ code: fc.constantFrom(...codes), message: fc.constant('no') }),
  },
  { requiredKeys: ['sink', 'generation', 'at', 'holdsForMs'] },
);
const failure = record({
  code: fc.oneof(fc.constantFrom(...codes), fc.constant('SomethingNew')),
  message: fc.constant('no'),
  cancelled: fc.boolean(),
});
const problem = record({ code: fc.constantFrom(...codes), message: fc.constant('no') });
const reference = record({
  v: fc.constant(1 as const),
  vaultId: fc.constant('v1'),
  key: fc.constant('test/token'),
  generation,
  fingerprint: fc.constant('00'),
});
const refreshResult = record(
  {
    outcome: fc.constantFrom('issued' as const, 'adopted' as const, 'fine' as const),
    reference,
    holding,
    problem,
    unconfirmed: fc.constant(true),
    rows: fc.array(row, { maxLength: 3 }),
  },
  { requiredKeys: ['outcome', 'reference', 'holding'] },
);
const left = record({
  sink: sinkId.map((id) => ({ id, connection: id, target: {}, takeOver: false })),
  generation,
  revision: fc.nat(3),
  emptying: fc.option(record({ at: instant, actor: fc.constant('ana') })),
});
/** Events that no shell would send: each type at any time, with any content. */
export const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.constantFrom<Event>(
    { type: 'woke' },
    { type: 'refresh.started' },
    { type: 'reconcile.started' },
    { type: 'cancelled' },
    { type: 'close.ok', kind: 'revoke' },
  ),
  refreshResult.map((result): Event => ({ type: 'refresh.ok', result })),
  record({ holding, rows: fc.array(row, { maxLength: 3 }), rolledBack: fc.boolean() }).map((result): Event => ({
    type: 'reconcile.ok',
    result,
  })),
  fc.array(row, { maxLength: 3 }).map((rows): Event => ({ type: 'propagate.ok', result: { rows } })),
  fc.tuple(row, instant).map(([result, since]): Event => ({ type: 'deliver.ok', result, since })),
  record({ generation, heldBy: fc.array(sinkId), currentDead: fc.boolean() }).map(
    ({ generation: old, ...result }): Event => ({ type: 'retire.ok', generation: old, result }),
  ),
  failure.chain((one) =>
    fc.constantFrom<Event>(
      { type: 'refresh.failed', failure: one, revision: 1 },
      { type: 'reconcile.failed', failure: one },
      { type: 'propagate.failed', failure: one },
      { type: 'deliver.failed', sink: 'one', failure: one, since: t0 },
      { type: 'retire.failed', generation: 1, failure: one },
      { type: 'notify.failed', notice: 'drifted', failure: one, since: t0 },
      { type: 'close.failed', kind: 'revoke', failure: one },
    ),
  ),
  left.map((one): Event => ({ type: 'empty.ok', left: one })),
  fc.tuple(left, failure).map(([one, why]): Event => ({ type: 'empty.failed', left: one, failure: why })),
  fc
    .constantFrom('drifted', 'recovered', 'reminder:1:5', 'needs-attention:Expired')
    .map((notice): Event => ({ type: 'notify.ok', notice })),
);
