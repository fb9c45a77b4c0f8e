import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/lifecycle/decide.js';
import type { Ask, Verb } from '../../src/core/lifecycle/events.js';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { admit } from '../../src/core/lifecycle/requests.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { asks, now, spec, states, verbs } from './build-requests.js';
import { specOf } from './build.js';
import { healthy } from './states.js';
import { second } from './time.js';

type StateName = keyof typeof states;

/** What becomes of a request: `ok` is accepted, `+code` coalesced, `-code` refused. */
const table: Readonly<Record<StateName, Readonly<Record<Verb, string>>>> = {
  adopting: row({ reportFailure: '-UnknownGeneration', acknowledge: '-UnknownGeneration' }),
  healthy: row({}),
  tracked: row({
    rotate: '-NotMintable',
    rotateNow: '-NotMintable',
    reauthorize: '-NotMintable',
  }),
  renewing: row({ rotate: '+Renewing', rotateNow: '+Renewing', reportFailure: '+Renewing' }),
  // An outright rotation must not end with a probe that finds the value alive.
  probing: row({ reportFailure: '+Renewing' }),
  'a rotation wanted': row({ rotate: '+AlreadyWanted', rotateNow: '+AlreadyWanted', reportFailure: '+AlreadyWanted' }),
  'a probe wanted': row({ reportFailure: '+AlreadyWanted' }),
  degraded: row({}),
  // What held the rotation up may be mended: an outright one is tried at once.
  'degraded, a rotation wanted': row({ reportFailure: '+AlreadyWanted' }),
  'outcome unknown': row({ reportFailure: '-OutcomeUnknown' }),
  paused: row({ rotate: '-Paused', rotateNow: '-Paused', reportFailure: '-Paused', resume: 'ok' }),
  fine: row({ reportFailure: '-Fine' }),
  // What cannot be revoked can be let go at least; what is let go is nobody's to revoke.
  revoking: { ...every('-Closing'), revoke: '+Closing', forget: 'ok' },
  forgetting: { ...every('-Closing'), forget: '+Closing' },
};

function every(outcome: string): Record<Verb, string> {
  return Object.fromEntries(verbs.map((verb) => [verb, outcome])) as Record<Verb, string>;
}

function row(overrides: Partial<Record<Verb, string>>): Record<Verb, string> {
  return { ...every('ok'), resume: '+NotPaused', ...overrides };
}

function admitted(state: LifecycleState, ask: Ask): string {
  const { outcome, code } = admit(state, ask, now);
  const sign = { accepted: 'ok', coalesced: '+', refused: '-', stale: '~' }[outcome];
  return `${sign}${code ?? ''}`;
}

const cells = Object.entries(table).flatMap(([name, cols]) =>
  Object.entries(cols).map(([verb, outcome]) => [name as StateName, verb as Verb, outcome] as const),
);

describe('every request in every state', () => {
  it.each(cells)('%s: %s is %s', (name, verb, outcome) => {
    expect(admitted(states[name], asks[verb])).toBe(outcome);
  });

  it.each(cells)('%s: %s is recorded once, and changes the state only where it is accepted', (name, verb, outcome) => {
    const state = states[name];
    const once = evolve(state, { type: 'asked', ...asks[verb] }, now);
    expect(once.answers).toMatchObject([{ requestId: 'r', verb, at: now, generation: state.current?.generation ?? 0 }]);
    expect(evolve(once, { type: 'asked', ...asks[verb] }, now + second)).toEqual(once);
    if (outcome !== 'ok') expect({ ...once, answers: [] }).toEqual(evolve(state, { type: 'woke' }, now));
  });
});

describe('a request for a generation', () => {
  it.each<[name: string, ask: Ask, outcome: string]>([
    ['the current one', { verb: 'rotate', request: { requestId: 'r', ifGeneration: 3 } }, 'ok'],
    ['an older one', { verb: 'rotate', request: { requestId: 'r', ifGeneration: 2 } }, '~Stale'],
    [
      'one that is not there yet',
      { verb: 'rotate', request: { requestId: 'r', ifGeneration: 4 } },
      '-UnknownGeneration',
    ],
    ['a report of an older one', { verb: 'reportFailure', request: { requestId: 'r', generation: 2 } }, '~Stale'],
    [
      'a report of a newer one',
      { verb: 'reportFailure', request: { requestId: 'r', generation: 4 } },
      '-UnknownGeneration',
    ],
    [
      'an acknowledgement of an older one',
      { verb: 'acknowledge', request: { requestId: 'r', sink: 'one', generation: 2 } },
      'ok',
    ],
    [
      'an acknowledgement of a newer one',
      { verb: 'acknowledge', request: { requestId: 'r', sink: 'one', generation: 4 } },
      '-UnknownGeneration',
    ],
    [
      'an acknowledgement of another sink',
      { verb: 'acknowledge', request: { requestId: 'r', sink: 'x', generation: 3 } },
      '-UnknownSink',
    ],
    ['a delivery to one sink', { verb: 'deliver', request: { requestId: 'r', sink: 'one' } }, 'ok'],
    ['a delivery to another sink', { verb: 'deliver', request: { requestId: 'r', sink: 'x' } }, '-UnknownSink'],
    [
      'a delivery to what every object has',
      { verb: 'deliver', request: { requestId: 'r', sink: 'toString' } },
      '-UnknownSink',
    ],
    [
      'an acknowledgement of what every object has',
      { verb: 'acknowledge', request: { requestId: 'r', sink: 'constructor', generation: 3 } },
      '-UnknownSink',
    ],
    [
      'a spec of the same revision',
      { verb: 'configure', request: { requestId: 'r', revision: 1, spec } },
      '-OldRevision',
    ],
    [
      'a spec in another vault, where the values would stay behind',
      { verb: 'configure', request: { requestId: 'r', revision: 9, spec: specOf({ vault: 'elsewhere' }) } },
      '-VaultChanged',
    ],
  ])('%s', (_name, ask, outcome) => {
    expect(admitted(states.healthy, ask)).toBe(outcome);
  });

  it('a spec in another vault is taken before the first one was read', () => {
    const ask: Ask = {
      verb: 'configure',
      request: { requestId: 'r', revision: 9, spec: specOf({ vault: 'elsewhere' }) },
    };
    expect(admitted({ ...states.adopting, vaultId: null }, ask)).toBe('ok');
  });
});

describe('a malformed request', () => {
  it.each<[name: string, verb: Verb, request: unknown]>([
    ['nothing at all', 'rotate', undefined],
    ['null', 'configure', null],
    ['no id', 'rotate', {}],
    ['an id that is no text', 'pause', { requestId: 7 }],
    ['a report without a generation', 'reportFailure', { requestId: 'r' }],
    ['a report of generation 0', 'reportFailure', { requestId: 'r', generation: 0 }],
    ['an acknowledgement without a generation', 'acknowledge', { requestId: 'r', sink: 'one' }],
    ['an acknowledgement of half a generation', 'acknowledge', { requestId: 'r', sink: 'one', generation: 2.5 }],
    ['a pause until some text', 'pause', { requestId: 'r', until: 'tomorrow' }],
    ['a pause until no instant can be shown', 'pause', { requestId: 'r', until: 8.9e15 }],
    ['a configuration without a spec', 'configure', { requestId: 'r', revision: 9 }],
    ['a configuration without a revision', 'configure', { requestId: 'r', spec }],
    ['a configuration with half a spec', 'configure', { requestId: 'r', revision: 9, spec: { ...spec, sinks: null } }],
    ['a configuration of another token', 'configure', { requestId: 'r', revision: 9, spec: specOf({ key: 'test/b' }) }],
  ])('is refused, and stops nothing: %s', (_name, verb, request) => {
    const ask = { verb, request } as Ask;
    expect(admit(healthy(), ask, now)).toEqual({ outcome: 'refused', code: 'BadRequest' });
    const after = evolve(healthy(), { type: 'asked', ...ask }, now);
    expect({ ...after, answers: [] }).toEqual(healthy());
    expect(decide(after, now).wake).not.toBeNull();
  });
});
