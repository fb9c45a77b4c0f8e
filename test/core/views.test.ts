import { describe, expect, it } from 'vitest';
import { publishedOf } from '../../src/core/lifecycle/decide.js';
import { searchAttributeTypes } from '../../src/core/names.js';
import { inputVersion } from '../../src/core/lifecycle/input.js';
import { newestRules } from '../../src/core/lifecycle/rules.js';
import { publishedBefore, searchAttributePairs } from '../../src/core/lifecycle/search-attributes.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { statusOf } from '../../src/core/lifecycle/status.js';
import { problemOf, specOf } from './build.js';
import { healthy, lagging, nothing, tracked } from './states.js';
import { day, hour, minute, t0 } from './time.js';

const now = t0 + minute;

describe('status and what is published', () => {
  const shell = { running: ['refresh'], wakeAt: t0, rules: 1, listed: true };

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

  it('tells no next try where a person has to decide: none follows by itself', () => {
    const failed = { failures: 1, retryAt: t0 + hour };
    const told = (kind: 'waiting' | 'person') =>
      statusOf(healthy({ ...failed, problem: problemOf('InvalidGrant', kind) }), shell, now).retryAt;
    expect([told('waiting'), told('person')]).toEqual([t0 + hour, null]);
  });

  it.each<[name: string, state: LifecycleState, at: number | null]>([
    ['in a pause', healthy({ pause: { until: null, reason: 'x', actor: 'ana' } }), null],
    ['once it is closing', healthy({ closing: { kind: 'revoke', reason: 'x', actor: 'ana' } }), null],
    ['where a newer value is not due yet', healthy(), t0 + 40 * minute],
    ['where nothing was read yet, also in a pause', healthy({ ...nothing, phase: 'adopting' }), t0],
  ])('tells the next try %s as it will be', (_name, state, at) => {
    const problem = problemOf('ProviderUnavailable', 'transient');
    expect(statusOf({ ...state, problem, failures: 1, retryAt: t0 }, shell, now).retryAt).toBe(at);
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
    expect(statusOf(tracked(), shell, now)).toMatchObject({
      checksSinksFirst: false,
      renewAt: null,
      retires: 'expire',
    });
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
    const { owner, issuer, environment } = publishedOf(state, now);
    const pairs = searchAttributePairs(publishedOf(state, now), { owner, issuer, environment });
    expect(pairs.map(({ name }) => name)).toEqual(['State', 'Generation', 'ExpiresAt', 'RenewAt', 'Sinks']);
    expect(pairs.map(({ type }) => type)).toEqual(['KEYWORD', 'INT', 'DATETIME', 'DATETIME', 'KEYWORD']);
    expect(pairs.map(({ value }) => value)).toEqual(values);
  });

  it.each<[name: string, next: LifecycleState, changed: unknown]>([
    ['the same state: nothing', healthy(), {}],
    ['a sink that lags: two', healthy({ sinks: lagging }), { State: 'partial', Sinks: '1/2' }],
    [
      'another owner and issuer',
      healthy({ spec: specOf({ owner: 'web', issuer: 'other' }) }),
      { Owner: 'web', Issuer: 'other' },
    ],
    ['no owner any more', healthy({ spec: specOf({ owner: null }) }), { Owner: '' }],
    [
      'no renewal any more',
      healthy({ ...nothing }),
      { State: 'acquiring', Generation: 0, ExpiresAt: null, RenewAt: null, Sinks: '0/2' },
    ],
  ])('of what was published only the difference is written: %s', (_name, next, changed) => {
    const pairs = searchAttributePairs(publishedOf(next, now), publishedOf(healthy(), now));
    expect(Object.fromEntries(pairs.map(({ name, value }) => [name, value]))).toEqual(changed);
  });

  const first = {
    v: inputVersion,
    rules: newestRules,
    spec: specOf(),
    revision: 1,
    searchAttributes: 'TokenKeeper',
    maxRotationsPerRun: null,
  };

  it('what was published before a run: by the run before it, or by the client at the start', () => {
    const said = { owner: 'platform', issuer: 'issuer', environment: 'test' };
    expect(publishedBefore(first)).toEqual(said);
    expect(publishedBefore({ ...first, spec: specOf({ owner: null }) })).toEqual({ ...said, owner: '' });
    const state = healthy();
    expect(publishedBefore({ ...first, carried: { state, published: '' } })).toEqual(said);
    const published = publishedOf(state, now);
    expect(publishedBefore({ ...first, carried: { state, published: JSON.stringify(published) } })).toEqual(published);
    const { owner: _owner, issuer: _issuer, environment: _environment, ...older } = published;
    expect(publishedBefore({ ...first, carried: { state, published: JSON.stringify(older) } })).toEqual(published);
  });

  it('a run without search attributes has published nothing, and hands that on', () => {
    const unlisted = { ...first, searchAttributes: null };
    expect(publishedBefore(unlisted)).toEqual({});
    const carried = { state: healthy(), published: JSON.stringify(publishedBefore(unlisted)) };
    expect(publishedBefore({ ...unlisted, carried })).toEqual({});
    // They exist now: all of them are written.
    const last = publishedBefore({ ...first, carried });
    const pairs = searchAttributePairs(publishedOf(healthy(), now), last);
    expect(pairs).toHaveLength(Object.keys(searchAttributeTypes).length);
    expect(pairs).toContainEqual({ name: 'Environment', type: 'KEYWORD', value: 'test' });
  });
});
