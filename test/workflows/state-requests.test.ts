import { describe, expect, it } from 'vitest';
import { evolve } from '../../src/core/lifecycle/evolve.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { effectOf, requestsFor, type RequestName } from './effects.js';
import { stateRequestTable } from './state-request-table.js';
import { statesAt, type StateName } from './states.js';

const now = Date.UTC(2027, 0, 15, 12);
const states = statesAt(now);
const requests = requestsFor(states.healthy.spec);
const stateNames = Object.keys(states) as StateName[];
const requestNames = Object.keys(requests) as RequestName[];

describe.each(stateNames)('in state %s', (stateName) => {
  const before: LifecycleState = states[stateName];

  it.each(requestNames)('%s is answered and does as the table says', (requestName) => {
    const ask = requests[requestName];
    const after = evolve(before, { type: 'asked', ...ask }, now + 1);
    const { outcome, code, ...answer } = after.answers.at(-1)!;
    const cell = `${outcome}${code === null ? '' : ` ${code}`}: ${effectOf(before, after, now + 1)}`;
    expect(cell).toBe(stateRequestTable[stateName][requestName]);
    expect(answer).toMatchObject({ requestId: 'r', verb: ask.verb });
    // The same request again, as a client sends it after a lost answer, changes nothing more.
    expect(evolve(after, { type: 'asked', ...ask }, now + 2)).toEqual(after);
  });
});

it('the states of the table are what they are called', () => {
  const headlines = Object.fromEntries(stateNames.map((name) => [name, headlineOf(states[name], now)]));
  expect(headlines).toEqual({
    adopting: 'acquiring',
    acquiring: 'acquiring',
    healthy: 'healthy',
    tracked: 'tracked',
    renewing: 'renewing',
    propagating: 'renewing',
    partial: 'partial',
    degraded: 'degraded',
    expired: 'expired',
    'outcome-unknown': 'outcome-unknown',
    'needs-attention': 'needs-attention',
    paused: 'paused',
    closing: 'revoked',
  });
});
