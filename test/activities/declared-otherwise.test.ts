import { describe, expect, it } from 'vitest';
import type { Holding } from '../../src/core/lifecycle/events.js';
import type { IssuedBy } from '../../src/core/record/record.js';
import { ActivitiesWorld } from '../support/activities-world.js';
import { importInto } from '../support/lifecycle-bench.js';

const lifetimeMs = 3_600_000;

describe('a value that was asked for otherwise than its token is declared', () => {
  it.each<[what: string, spec: Partial<ActivitiesWorld['spec']>, outdated: boolean | undefined]>([
    ['as it was', {}, undefined],
    ['with its scopes in another order', { scopes: ['write', 'read'] }, undefined],
    ['with other scopes', { scopes: ['read'] }, true],
    ['with other parameters', { parameters: { lifetimeMs: lifetimeMs / 2 } }, true],
    ['of another issuer', { issuer: 'other' }, true],
    ['with other sinks and times', { sinks: [], graceMs: 1, renewBefore: { ms: 1 } }, undefined],
  ])('is told by a look, where it is declared %s', async (_what, changed, outdated) => {
    const world = new ActivitiesWorld({ scopes: ['read', 'write'], parameters: { lifetimeMs } });
    await world.rotate(0);
    const spec = { ...world.spec, ...changed };
    const { holding } = (await world.activities(1, { spec })['reconcile']!()) as { holding: Holding };
    expect(holding.outdated).toBe(outdated);
  });

  it.each<[what: string, by: IssuedBy, known: number, outdated: boolean | undefined]>([
    ['the declaration that is still to be applied', { connection: 'other', parameters: {} }, 1, undefined],
    ['other parameters', { connection: 'issuer', parameters: { lifetimeMs: 1 } }, 0, undefined],
    ['another issuer, before this token was kept anew', { connection: 'other', parameters: {} }, 0, true],
  ])('is one that a person brought only where it cannot be meant: for %s', async (_what, issuedBy, known, outdated) => {
    const world = new ActivitiesWorld();
    await importInto(world.bench, world.spec.key);
    const record = (await world.record())!;
    await world.bench.restore(world.spec.key, {
      ...record,
      generations: record.generations.map((one) => ({ ...one, issuedBy })),
    });
    const { holding } = (await world.activities(known)['reconcile']!()) as { holding: Holding };
    expect(holding).toMatchObject({ current: { generation: 1 } });
    expect(holding.outdated).toBe(outdated);
  });
});
