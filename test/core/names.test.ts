import { describe, expect, it } from 'vitest';
import { stateFrom } from '../../src/core/lifecycle/input.js';
import { isoOf } from '../../src/core/instants.js';
import { byKey, environmentOf, isKey, parseKey, workflowIdOf } from '../../src/core/key.js';
import {
  activityNames,
  searchAttributeTypes,
  signalNames,
  statusQueryName,
  updateNames,
  workflowType,
} from '../../src/core/names.js';
import { newestRules, rulesOf } from '../../src/core/lifecycle/rules.js';
import { isTokenSpec } from '../../src/core/spec-shape.js';
import { specOf } from './build.js';
import { healthy } from './states.js';
import { t0 } from './time.js';

describe('a key', () => {
  const longest = 'a'.repeat(63);

  it.each(['production/crm-export', 'a/b', '0/0', 'test/a.b_c-d', `${longest}/${longest}`])('%s is one', (key) => {
    const [environment, name] = key.split('/');
    expect(parseKey(key)).toEqual({ environment, name });
    expect(isKey(key)).toBe(true);
    expect(environmentOf(key)).toBe(environment);
    expect(workflowIdOf(key, 'mine')).toBe(`mine/${key}`);
  });

  it('stands among others by its characters, not as a language would have it', () => {
    const keys = ['a/b-c', 'a/b.c', 'a/b0', 'a/b_c', 'a/bc', 'b/a'];
    for (const given of [keys, keys.toReversed()]) {
      const sorted = given.map((key) => ({ key })).toSorted(byKey);
      expect(sorted.map(({ key }) => key)).toEqual(keys);
    }
  });

  it.each([
    '',
    'production',
    'production/',
    '/crm',
    'a/b/c',
    '../b',
    'a/..',
    'a/-b',
    '_grant/x',
    'A/b',
    'a/B',
    'a/b c',
    'a/b\n',
    'ä/b',
    `a/${longest}b`,
  ])('%j is none', (key) => {
    expect(isKey(key)).toBe(false);
    expect(() => parseKey(key)).toThrow(expect.objectContaining({ code: 'ConfigInvalid' }));
  });

  it.each([[undefined], [null], [7], [{}], [['a', 'b']], [Symbol('a/b')]])('what is no text is none: %s', (no) => {
    const message = `not a token key: ${typeof no}`;
    expect(() => parseKey(no as unknown as string)).toThrow(
      expect.objectContaining({ code: 'ConfigInvalid', message }),
    );
  });

  it('is not quoted at any length', () => {
    expect(() => parseKey('x'.repeat(10_000))).toThrow(/^.{1,200}$/);
  });
});

describe('names that histories hold', () => {
  it('are frozen', () => {
    expect({
      workflowType,
      statusQueryName,
      activityNames,
      signalNames,
      updateNames,
      searchAttributeTypes,
    }).toMatchInlineSnapshot(`
      {
        "activityNames": {
          "close": "tokenkeeper.close",
          "deliver": "tokenkeeper.deliver",
          "empty": "tokenkeeper.empty",
          "notify": "tokenkeeper.notify",
          "propagate": "tokenkeeper.propagate",
          "reconcile": "tokenkeeper.reconcile",
          "refresh": "tokenkeeper.refresh",
          "retire": "tokenkeeper.retire",
        },
        "searchAttributeTypes": {
          "Environment": "KEYWORD",
          "ExpiresAt": "DATETIME",
          "Generation": "INT",
          "Issuer": "KEYWORD",
          "Owner": "KEYWORD",
          "RenewAt": "DATETIME",
          "Sinks": "KEYWORD",
          "State": "KEYWORD",
        },
        "signalNames": {
          "forget": "tokenkeeper.forget",
          "pause": "tokenkeeper.pause",
          "resume": "tokenkeeper.resume",
          "revoke": "tokenkeeper.revoke",
          "rotate": "tokenkeeper.rotate",
        },
        "statusQueryName": "tokenkeeper.status",
        "updateNames": {
          "acknowledge": "tokenkeeper.acknowledge",
          "configure": "tokenkeeper.configure",
          "deliver": "tokenkeeper.deliver",
          "reauthorize": "tokenkeeper.reauthorize",
          "reportFailure": "tokenkeeper.reportFailure",
          "rotateNow": "tokenkeeper.rotateNow",
        },
        "workflowType": "tokenkeeper.tokenLifecycle",
      }
    `);
  });
});

describe('versions', () => {
  const input = {
    v: 1,
    rules: newestRules,
    spec: specOf(),
    revision: 4,
    searchAttributes: null,
    maxRotationsPerRun: null,
  };

  it('a run knows the rules that it is pinned to, and no newer ones', () => {
    expect(rulesOf(newestRules)).toBeDefined();
    expect(rulesOf(newestRules + 1)).toBeUndefined();
  });

  it('a first run starts with nothing', () => {
    expect(stateFrom(input)).toMatchObject({ phase: 'adopting', revision: 4, takeOver: false, runs: 1, current: null });
    expect(stateFrom({ ...input, takeOver: true }).takeOver).toBe(true);
  });

  it('the next run goes on where the last one ended', () => {
    const state = healthy({ rotations: 7, rotationsInRun: 7, runs: 2 });
    const next = stateFrom({ ...input, carried: { state, published: '' } });
    expect(next).toEqual({ ...state, newRun: false, rotationsInRun: 0, runs: 3 });
  });

  it.each([
    ['input', { ...input, v: 2 }, 'workflow input version 2 is newer than 1'],
    [
      'state',
      { ...input, carried: { state: healthy({ v: 2 }), published: '' } },
      'workflow state version 2 is newer than 1',
    ],
  ])('a newer %s waits for a newer worker', (_name, newer, message) => {
    expect(() => stateFrom(newer)).toThrow(message);
  });
});

describe('an instant for people', () => {
  it.each([
    [t0 + 999, '2027-01-01T00:00:00Z'],
    [null, 'never'],
  ])('%s is %s', (at, text) => {
    expect(isoOf(at)).toBe(text);
  });
});

describe('the shape of a spec', () => {
  it.each<[name: string, spec: object]>([
    ['as most are', specOf()],
    ['with a span', specOf({ renewBefore: { ms: 0 } })],
    [
      'with everything',
      specOf({
        scopes: ['a'],
        maxTtlMs: 1,
        ttlMs: 1,
        expiresAt: 1,
        remindMs: [1],
        runbook: 'x',
        reconcileMs: 1,
        attemptTimeoutMs: 1,
      }),
    ],
    ['with what a newer version knows', { ...specOf(), newer: true }],
  ])('is right: %s', (_name, spec) => {
    expect(isTokenSpec(JSON.parse(JSON.stringify(spec)))).toBe(true);
  });

  const wrong: Readonly<Record<keyof ReturnType<typeof specOf>, unknown[]>> = {
    key: ['', 7, undefined],
    owner: ['', 7, undefined],
    vault: ['', null],
    issuer: ['', null],
    parameters: [null, [], 'x'],
    scopes: [null, 'a b', [7], ['']],
    sinks: [
      null,
      {},
      ['one'],
      [{ id: 'one' }],
      [{ id: 'one', connection: 'c', target: {}, takeOver: 'yes' }],
      [specOf().sinks[0], specOf().sinks[0]],
    ],
    renewBefore: [null, 'x', {}, { ratio: 0 }, { ratio: 1 }, { ratio: '0.5' }, { ms: -1 }, { ms: Infinity }],
    graceMs: [null, -1, NaN, '1', 4e12],
    maxTtlMs: [-1, '1', undefined],
    ttlMs: [-1, '1', undefined],
    expect: [null, []],
    expiresAt: ['2027', -1, undefined, 1e15],
    remindMs: [null, [null], ['1d']],
    runbook: ['', 7, undefined],
    reconcileMs: [-1, 'x', undefined, 1e300],
    attemptTimeoutMs: [-1, 'x', undefined],
  };
  const cases = Object.entries(wrong).flatMap(([name, values]) => values.map((value) => [name, value] as const));

  it.each(cases)('is wrong where %s is %j', (name, value) => {
    expect(isTokenSpec({ ...specOf(), [name]: value })).toBe(false);
  });

  it.each([null, undefined, [], 'spec', 7])('is wrong where it is %j', (value) => {
    expect(isTokenSpec(value)).toBe(false);
  });
});
