import { expect } from 'vitest';
import { publishedOf } from '../../src/core/lifecycle/decide.js';
import { headlineOf } from '../../src/core/lifecycle/headline.js';
import { searchAttributePairs } from '../../src/core/lifecycle/search-attributes.js';
import { activityNames, defaultSearchAttributePrefix, signalNames } from '../../src/core/names.js';
import { currentOf } from '../../src/core/record/record.js';
import type { SimulatedLifecycle } from './simulated-lifecycle.js';

/** An attempt that was given up, or a late write, may still fill a sink where a value has just been revoked; it writes the newest one right after. */
export function expectUnused({ state, outside, temporal }: SimulatedLifecycle, value: string, attempt: number): void {
  const isRetirement = temporal.attempts.get(attempt)?.name === activityNames.retire;
  if (!isRetirement || state.closing !== null || temporal.hasGhosts || outside.wasLate) return;
  const shown = state.spec.sinks.filter(({ connection }) => outside.sinks.get(connection)?.content?.value === value);
  if (shown.length > 0) throw new Error(`a sink shows what is revoked\n${outside.gates.log.join('\n')}`);
}

/** Each request that was sent to this workflow was taken once, by whichever run. */
function expectTaken({ state, outside, asked, isDone }: SimulatedLifecycle): void {
  for (const { verb, request, isLost, answer, refusal } of asked) {
    // The end of a workflow loses what waits for an answer.
    if (isLost || (isDone && !(verb in signalNames))) continue;
    const times = state.answers.filter(({ requestId }) => requestId === request.requestId).length;
    const log = `${request.requestId}, ${verb}\n${outside.gates.log.join('\n')}`;
    expect(refusal === null ? times : 1, log).toBe(1);
    expect(verb in signalNames || answer !== null || refusal !== null, log).toBe(true);
  }
}

/** What `list` shows is so. */
function expectListed({ state, attributes }: SimulatedLifecycle, log: string): void {
  const listed = searchAttributePairs(publishedOf(state, Date.now()), {}).map(
    ({ name, value }) => [`${defaultSearchAttributePrefix}${name}`, value] as const,
  );
  expect(Object.fromEntries(attributes), log).toEqual(Object.fromEntries(listed));
}

/** Nothing is in the way any more: each sink shows the newest value, and that lives. */
export async function expectServed({ state, outside }: SimulatedLifecycle): Promise<void> {
  if (state.closing !== null) return;
  const log = outside.gates.log.slice(-200).join('\n');
  const current = currentOf(await outside.record(state.spec.key))?.value ?? '';
  const shown = state.spec.sinks.map(({ connection }) => outside.sinks.get(connection)?.content?.value);
  expect(
    shown.filter((value) => value !== current),
    log,
  ).toEqual([]);
  expect(outside.provider.isAlive(current), log).toBe(true);
}

/** What was to be emptied is, unless a write came late, or an earlier workflow had left it. */
export function expectEmptied({ state, outside, temporal, asked }: SimulatedLifecycle): void {
  const log = outside.gates.log.slice(-200).join('\n');
  if (state.closing !== null || temporal.hasGhosts || outside.wasLate || asked.some(({ isLost }) => isLost)) return;
  const kept = (state.left ?? []).filter(({ emptying }) => emptying === null);
  const named = [...state.spec.sinks, ...kept.map(({ sink }) => sink)];
  const rest = [...outside.sinks].filter(([place]) => !named.some(({ connection }) => connection === place));
  expect(
    rest.filter(([, { content }]) => content !== null).map(([place]) => place),
    log,
  ).toEqual([]);
}

/** What holds in the end. */
export async function expectSound(life: SimulatedLifecycle): Promise<void> {
  const { state, outside, temporal, isDone } = life;
  expectTaken(life);
  const log = outside.gates.log.slice(-200).join('\n');
  const { provider, sinks } = outside;
  const inUse = state.spec.sinks.map(({ connection }) => sinks.get(connection)?.content?.value);
  const alive = [...outside.stored.keys()].filter((value) => provider.isAlive(value));
  expectListed(life, log);
  if (state.closing !== null) {
    expect(isDone, log).toBe(true);
    if (state.closing.kind !== 'revoke') return;
    if (!outside.isMintable || outside.isRestored) return;
    expect(alive, log).toEqual([]);
    if (!temporal.hasGhosts && !outside.wasLate)
      expect(new Set(inUse), log).toEqual(new Set(inUse.length === 0 ? [] : [undefined]));
    return;
  }
  expect(headlineOf(state, Date.now()), log).toBe(outside.isMintable ? 'healthy' : 'tracked');
  const record = await outside.record(state.spec.key);
  const current = currentOf(record)?.value;
  expect(alive, log).toContain(current);
  expect(new Set(inUse), log).toEqual(new Set(inUse.length === 0 ? [] : [current]));
  if (!outside.isMintable) return expect(current, log).toBe(outside.brought);
  const held = new Set(record.generations.map(({ value }) => value));
  expect(
    alive.filter((value) => !held.has(value)),
    log,
  ).toEqual([]);
}
