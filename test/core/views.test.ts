import { describe, expect, it } from 'vitest';
import { cardOf } from '../../src/core/card.js';
import { publishedOf } from '../../src/core/decide.js';
import { searchAttributePairs } from '../../src/core/search-attributes.js';
import type { LifecycleState } from '../../src/core/state.js';
import { statusOf } from '../../src/core/status.js';
import { currentOf, day, healthy, hour, lagging, minute, nothing, problemOf, specOf, t0, tracked } from './build.js';

const now = t0 + minute;

describe('the card of the Web UI', () => {
  it('reads well where all is well', () => {
    expect(cardOf(healthy(), now)).toBe(
      [
        '### test/token: healthy',
        '',
        '| generation | fingerprint | issued | expires | renews |',
        '|---|---|---|---|---|',
        '| 3 | `0000000000000003` | 2027-01-01T00:00:00Z | 2027-01-01T01:00:00Z | 2027-01-01T00:40:00Z |',
        '',
        '**Sinks** 2/2 on generation 3',
        '- one: generation 3',
        '- two: generation 3',
        '',
        'Owner platform, issuer issuer, vault vault.',
      ].join('\n'),
    );
  });

  it('tells everything that is wrong, and what to do', () => {
    const held = { generation: 1, fingerprint: 'x', expiresAt: t0 + hour, retireAt: null };
    const state = healthy({
      spec: specOf({ owner: null, runbook: 'https://wiki.test' }),
      sinks: lagging,
      problem: problemOf('InvalidClient', 'waiting'),
      previous: [held, { ...held, generation: 2, retireAt: t0 + hour }],
      stalled: { 'retire:2': { failures: 1, retryAt: t0 + hour, code: 'PolicyDenied', message: 'no' } },
    });
    const lines = cardOf(state, now).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '### test/token: needs-attention',
        '- two: generation 2: SinkUnavailable, HTTP 503',
        'Generation 1 is held: a sink still has it.',
        'Generation 2 is revoked at 2027-01-01T01:00:00Z.',
        '**InvalidClient** it was InvalidClient',
        '**PolicyDenied** retire:2: no; next try 2027-01-01T01:00:00Z',
        '**Do** correct the client credentials of the issuer connection; fix the receiver, or: tokenkeeper deliver test/token --sink two',
        'Owner nobody, issuer issuer, vault vault. [Runbook](https://wiki.test)',
      ]),
    );
  });

  it.each([
    ['dies at', t0 + hour, 'Generation 2 dies at 2027-01-01T01:00:00Z.'],
    ['does not expire', null, 'Generation 2 does not expire.'],
  ])('of one that is left to itself: %s', (_name, expiresAt, line) => {
    const previous = [{ generation: 2, fingerprint: 'x', expiresAt, retireAt: t0 }];
    expect(cardOf(tracked({ previous }), now).split('\n')).toContain(line);
    expect(cardOf(healthy({ previous, revokeHarms: true }), now).split('\n')).toContain(line);
  });

  it('says what is not there', () => {
    expect(cardOf(healthy(nothing), now)).toContain('No value yet.');
    expect(cardOf(tracked({ current: currentOf(3, { expiresAt: null, renewAt: null }) }), now)).toContain(
      '| never | by hand |',
    );
  });
});

describe('status and what is published', () => {
  const shell = { running: ['refresh'], wakeAt: t0, rules: 1 };

  it('tells what programs need', () => {
    expect(statusOf(healthy({ sinks: lagging }), shell, now)).toMatchObject({
      key: 'test/token',
      state: 'partial',
      generation: 3,
      mintable: true,
      renewAt: t0 + 40 * minute,
      expiresAt: t0 + hour,
      retires: 'revoke',
      acknowledged: 1,
      total: 2,
      retryAt: null,
      running: ['refresh'],
      wakeAt: t0,
      rules: 1,
    });
  });

  it('tells nothing that is not known', () => {
    const state = healthy({ ...nothing, capabilities: null, phase: 'adopting', failures: 1, retryAt: t0 });
    expect(statusOf(state, shell, now)).toMatchObject({
      generation: 0,
      mintable: null,
      renewAt: null,
      expiresAt: null,
      retires: null,
      acknowledged: 0,
      retryAt: t0,
    });
    expect(statusOf(tracked(), shell, now)).toMatchObject({ renewAt: null, retires: 'expire' });
  });

  it.each<[name: string, state: LifecycleState, values: unknown[]]>([
    ['a healthy one', healthy(), ['healthy', 3, new Date(t0 + hour), new Date(t0 + 40 * minute), '2/2']],
    [
      'one that lags',
      healthy({ sinks: lagging }),
      ['partial', 3, new Date(t0 + hour), new Date(t0 + 40 * minute), '1/2'],
    ],
    ['a tracked one', tracked(), ['tracked', 3, new Date(t0 + 30 * day), null, '2/2']],
    ['one without a value', healthy(nothing), ['acquiring', 0, null, null, '0/2']],
  ])('search attributes of %s', (_name, state, values) => {
    const pairs = searchAttributePairs(publishedOf(state, now));
    expect(pairs.map(({ name }) => name)).toEqual(['State', 'Generation', 'ExpiresAt', 'RenewAt', 'Sinks']);
    expect(pairs.map(({ type }) => type)).toEqual(['KEYWORD', 'INT', 'DATETIME', 'DATETIME', 'KEYWORD']);
    expect(pairs.map(({ value }) => value)).toEqual(values);
  });
});
