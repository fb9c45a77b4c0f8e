import { describe, expect, it } from 'vitest';
import type { Holding } from '../../src/core/lifecycle/events.js';
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

  it('is never one that a person brought: what it was asked for is not known', async () => {
    const world = new ActivitiesWorld({ scopes: ['read'] });
    await importInto(world.bench, world.spec.key);
    const { holding } = (await world.activities(0)['reconcile']!()) as { holding: Holding };
    expect(holding).toMatchObject({ current: { generation: 1 } });
    expect(holding).not.toHaveProperty('outdated');
  });
});
