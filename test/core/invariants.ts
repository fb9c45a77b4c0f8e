import { isDeepStrictEqual } from 'node:util';
import { decide, type Decision, type Step } from '../../src/core/lifecycle/decide.js';
import { headlineOf, headlines, type Headline } from '../../src/core/lifecycle/headline.js';
import { cardOf } from '../../src/core/lifecycle/card.js';
import { conditionsOf } from '../../src/core/lifecycle/conditions.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { generationOf } from '../../src/core/lifecycle/served.js';

/** Who has a value never loses it by itself: nothing leads back to `acquiring`. */
const withValue = headlines.filter((headline) => headline !== 'acquiring');

/** From a headline to those that may follow it. Only the starting point and the end are closed. */
const allowed: Readonly<Record<Headline, readonly Headline[]>> = {
  acquiring: headlines,
  healthy: withValue,
  tracked: withValue,
  renewing: withValue,
  partial: withValue,
  degraded: withValue,
  expired: withValue,
  // These hold before the first value, too.
  'outcome-unknown': headlines,
  'needs-attention': headlines,
  paused: headlines,
  // A cancel ends a revocation.
  revoked: ['revoked', 'forgotten'],
  forgotten: ['forgotten'],
};

const floors: ReadonlySet<Step['run']> = new Set(['refresh', 'reconcile', 'propagate', 'close']);

/** What one decision breaks, in words; none: it is sound. */
export function flawsOf(state: LifecycleState, decision: Decision, now: number): string[] {
  const flaws: string[] = [];
  const claim = (holds: boolean, flaw: string): void => {
    if (!holds) flaws.push(flaw);
  };
  const { steps, wake } = decision;
  const floor = steps.filter(({ run }) => floors.has(run));
  claim(floor.length <= 1, `several steps have the floor: ${floor.map(({ id }) => id).join(', ')}`);
  claim(new Set(steps.map(({ id }) => id)).size === steps.length, 'a step is listed twice');
  claim(wake === null || (wake.at > now && Number.isInteger(wake.at)), `hot or broken timer: ${wake?.at} at ${now}`);
  for (const step of steps) {
    if (step.run === 'refresh' && state.phase !== 'refreshing') {
      claim(state.closing === null, 'a refresh starts after closing');
      claim(state.pause === null, 'a refresh starts during a pause');
      claim(state.problem?.kind !== 'person', 'a refresh starts although a person has to decide');
      claim(state.capabilities?.mintable !== false, 'a refresh starts of what can’t be minted');
    }
    if (step.run === 'retire') {
      const late = Object.entries(state.sinks).filter(([, row]) => row.acknowledged <= step.generation);
      claim(late.length === 0, `generation ${step.generation} is retired, ${late[0]?.[0]} has not left it`);
      claim(generationOf(state) > step.generation, 'the current generation is retired');
      claim(state.pause === null && state.closing === null, 'a retirement during a pause or after closing');
    }
    if (step.run === 'empty') {
      const isNamed = state.spec.sinks.some(({ connection }) => connection === step.left.sink.connection);
      claim(!isNamed, 'a sink that is in use is emptied');
      claim(state.pause === null && state.closing === null, 'a sink is emptied during a pause or after closing');
    }
    if (step.id === 'notify:recovered') {
      claim(
        state.problem === null && state.wanted === null,
        'people are told that all is well while another try is due',
      );
    }
    if (step.run === 'propagate' && state.phase === 'propagating' && state.closing === null) {
      claim(state.current !== null, 'nothing is delivered');
    }
  }
  const ids = state.answers.map(({ requestId }) => requestId);
  claim(ids.length <= 256 && new Set(ids).size === ids.length, 'a request is recorded twice, or too many are');
  const copy = JSON.parse(JSON.stringify(state)) as LifecycleState;
  claim(isDeepStrictEqual(copy, state), 'the state does not survive JSON');
  claim(isDeepStrictEqual(decide(copy, now), decision), 'the decision does not survive JSON');
  claim(cardOf(state, now).length > 0 && conditionsOf(state, now).length === 5, 'people see nothing');
  claim(!isForgotten(state, decision, now), 'nothing will ever happen to this token again');
  return flaws;
}

/** Something is due one day, but nothing runs, no timer is set, and nobody was told to act. */
function isForgotten(state: LifecycleState, { steps, wake, done }: Decision, now: number): boolean {
  if (steps.length > 0 || wake !== null || done) return false;
  if (state.problem?.kind === 'person' || (state.pause !== null && state.pause.until === null)) return false;
  if (state.closing !== null || state.phase === 'adopting') return true;
  const mints = state.capabilities?.mintable === true;
  const isDue = mints && (state.wanted !== null || state.current === null || state.current.renewAt !== null);
  return isDue || headlineOf(state, now) === 'partial';
}

/** What a change of state breaks. */
export function flawsOfChange(before: LifecycleState, after: LifecycleState, now: number): string[] {
  const flaws: string[] = [];
  const from = headlineOf(before, now);
  const to = headlineOf(after, now);
  // A revocation that was done by the time it was given up is one.
  const isDone = after.closed && !before.closed && from === 'forgotten' && to === 'revoked';
  if (!allowed[from].includes(to) && !isDone) flaws.push(`from ${from} to ${to}`);
  if (generationOf(after) < generationOf(before)) flaws.push('the generation falls');
  if (before.closing !== null && after.closing === null) flaws.push('a closing is taken back');
  if (after.rotations < before.rotations) flaws.push('the count of rotations falls');
  return flaws;
}
