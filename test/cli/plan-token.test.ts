import { describe, expect, it } from 'vitest';
import { planToken } from '../../src/cli/apply/plan.js';
import { tokenSpec } from '../support/lifecycle.js';

describe('a plan for one token', () => {
  const spec = tokenSpec({ key: 'staging/billing' });
  const sink = (id: string) => ({ id, connection: id, target: {}, takeOver: false });

  it.each([
    { change: {}, action: 'same', words: 'unchanged' },
    {
      change: { renewBefore: { ratio: 0.5 } },
      action: 'change',
      words: 'renewBefore 33.3% → 50%  (in place, no rotation)',
    },
    { change: { graceMs: 90_000 }, action: 'change', words: 'grace 10s → 1m30s  (in place, no rotation)' },
    { change: { owner: 'web' }, action: 'change', words: 'owner platform → web  (in place, no rotation)' },
    { change: { maxTtlMs: 3_600_000 }, action: 'change', words: 'maxTtl none → 1h  (in place, no rotation)' },
    {
      change: { sinks: [sink('one'), sink('three')] },
      action: 'change',
      words: 'sinks +three -two  (in place, no rotation)',
    },
    {
      change: { sinks: [{ ...sink('one'), target: { path: 'x' } }, sink('two')] },
      action: 'change',
      words: 'sink one has another target  (in place, no rotation)',
    },
    {
      change: { sinks: [{ ...sink('one'), takeOver: true }, sink('two')] },
      action: 'change',
      words: 'sink one may now overwrite what is not ours  (in place, no rotation)',
    },
    { change: { scopes: ['invoices:write'] }, action: 'rotate', words: 'scopes +invoices:write  (rotates now)' },
    { change: { expect: { aud: 'x' } }, action: 'rotate', words: 'expect.aud added  (rotates now)' },
    { change: { parameters: { lifetimeMs: 1 } }, action: 'rotate', words: 'lifetimeMs changed  (rotates now)' },
    { change: { issuer: 'other' }, action: 'rotate', words: 'issuer issuer → other  (rotates now)' },
  ])('is $action for $words', ({ change, action, words }) => {
    const running = { spec, generation: 3, mintable: true, expiresAt: 1, vaultId: 'v1', pause: null };
    expect(planToken({ ...spec, ...change }, running)).toEqual({ key: spec.key, action, words });
  });

  it.each([
    ['is replaced once an issuer can', false, true, 'rotate', 'rotates now'],
    ['may be replaced where that is not known here', false, null, 'rotate', 'rotates now'],
    ['stays where only another person can', false, false, 'change', 'in place, no rotation'],
    ['of an issuer stays where only a person can bring the next', true, false, 'change', 'in place, no rotation'],
  ])('a value that a person brought %s', (_, mintable, mints, action, words) => {
    const running = { spec, generation: 3, mintable, expiresAt: 1, vaultId: 'v1', pause: null };
    expect(planToken({ ...spec, issuer: 'other' }, running, mints)).toMatchObject({
      action,
      words: `issuer issuer → other  (${words})`,
    });
  });

  it('does not rotate before the end of a pause', () => {
    const pause = { until: null, reason: 'x', actor: 'ana' };
    const running = { spec, generation: 3, mintable: true, expiresAt: 1, vaultId: 'v1', pause };
    expect(planToken({ ...spec, scopes: ['more'] }, running).words).toBe('scopes +more  (rotates after the pause)');
  });

  it('does not heed the order in which fields were written', () => {
    const before = { ...spec, expect: { aud: 'x', iss: 'y' }, sinks: [{ ...sink('one'), target: { a: 1, b: 2 } }] };
    const after = { ...spec, expect: { iss: 'y', aud: 'x' }, sinks: [{ ...sink('one'), target: { b: 2, a: 1 } }] };
    const running = { spec: before, generation: 3, mintable: true, expiresAt: 1, vaultId: 'v1', pause: null };
    expect(planToken(after, running)).toMatchObject({ action: 'same', words: 'unchanged' });
    expect(planToken({ ...after, owner: 'web' }, running)).toMatchObject({
      action: 'change',
      words: 'owner platform → web  (in place, no rotation)',
    });
  });

  it('is blocked by another vault, unless nothing is kept in the old one yet', () => {
    const moved = { ...spec, vault: 'other' };
    expect(planToken(moved, { spec, generation: 3, mintable: true, expiresAt: 1, vaultId: 'v1', pause: null })).toEqual(
      {
        key: spec.key,
        action: 'blocked',
        words: `vault ${spec.vault} → other: a token does not move to another vault: its values would stay in the old one`,
      },
    );
    expect(
      planToken(moved, { spec, generation: 0, mintable: true, expiresAt: null, vaultId: null, pause: null }).action,
    ).toBe('change');
  });

  it('rotates where a lifetime is declared for a value with an unknown expiry', () => {
    const running = { spec, generation: 3, mintable: true, expiresAt: null, vaultId: 'v1', pause: null };
    expect(planToken({ ...spec, ttlMs: 3_600_000 }, running)).toMatchObject({
      action: 'rotate',
      words: 'ttl none → 1h  (rotates now)',
    });
    expect(planToken({ ...spec, ttlMs: 3_600_000 }, { ...running, expiresAt: 1 }).action).toBe('change');
  });

  it('rotates nothing that has no value yet, or that cannot be minted', () => {
    const changed = { ...spec, scopes: ['more'] };
    expect(
      planToken(changed, { spec, generation: 0, mintable: true, expiresAt: null, vaultId: null, pause: null }).action,
    ).toBe('change');
    expect(
      planToken(changed, { spec, generation: 1, mintable: false, expiresAt: null, vaultId: 'v1', pause: null }).action,
    ).toBe('change');
  });
});
