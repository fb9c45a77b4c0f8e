import { expect } from 'vitest';
import { refusalTable } from '../../src/core/lifecycle/refusals.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import { timings } from '../../src/core/timings.js';
import type { Asked, SimulatedLifecycle } from './simulated-lifecycle.js';

/** An answer says what is so. */
export function expectTrueAnswer(life: SimulatedLifecycle, asked: Asked): void {
  const { outside, state } = life;
  const { verb, answer, request } = asked;
  const log = `${request.requestId}, ${verb}: ${JSON.stringify(answer)}\n${outside.gates.log.join('\n')}`;
  switch (answer?.status) {
    case 'rotated':
      return expect(answer.generation, log).toBeGreaterThan(asked.generation);
    case 'fine':
      return expect(wasAlive(life, asked.generation), log).toBe(true);
    case 'failed':
      return expect(answer.message ?? answer.code, log).toEqual(expect.stringMatching(/./));
    case 'accepted':
      if (verb === 'configure') expect(state.revision, log).toBeGreaterThanOrEqual(Number(asked.revision));
      if (verb === 'deliver') expectDelivered(life, asked, log);
      return;
    default:
  }
}

/** Whether the generation that is shown is alive, or was until a moment ago. */
function wasAlive({ outside, state }: SimulatedLifecycle, generation: number): boolean {
  const value = outside.values.get(generation);
  const isCurrent = state.current?.generation === generation;
  return (
    !isCurrent ||
    outside.diedAt > Date.now() - 60_000 ||
    [...(value ?? [])].some((one) => outside.provider.isAlive(one))
  );
}

/** A look that counts every sink as served has seen, or filled, each one that it could reach. */
function expectDelivered({ outside, state, temporal }: SimulatedLifecycle, { at, answer }: Asked, log: string): void {
  const [served, all] = (answer?.sinks ?? '').split('/').map(Number);
  if (served !== all || temporal.hasGhosts || outside.wasLate || outside.touchedAt >= at) return;
  // A sink that did not answer in time counts like one that is down.
  if (Date.now() >= at + timings.sinkAttemptMs) return;
  // By value: one that was brought to a restored vault gets another number.
  const generationOf = (value: string): number =>
    Math.max(0, ...[...outside.values].flatMap(([generation, values]) => (values.has(value) ? [generation] : [])));
  // What can't be read now counts by its last acknowledgement.
  const seen = state.spec.sinks.map(({ connection }) => outside.sinks.get(connection)!).filter(({ isDown }) => !isDown);
  const shown = seen.map(({ content }) => generationOf(content?.value ?? ''));
  for (const generation of shown) expect(generation, log).toBeGreaterThanOrEqual(answer!.generation);
}

/** The state in which each refusal is true. */
const trueIn: Partial<Record<keyof typeof refusalTable, (state: LifecycleState) => boolean>> = {
  Closing: ({ closing }) => closing !== null,
  Paused: ({ pause }) => pause !== null,
  NotMintable: ({ capabilities }) => capabilities?.mintable === false,
};

/** A refusal names a reason that held then. */
export function expectTrueRefusal(
  { outside }: SimulatedLifecycle,
  asked: Asked,
  { code, state }: { readonly code: string; readonly state: LifecycleState },
): void {
  const log = `${asked.request.requestId}, ${asked.verb}: ${code}\n${outside.gates.log.join('\n')}`;
  const isKnown = Object.hasOwn(refusalTable, code) || state.problem?.code === code;
  expect(isKnown, log).toBe(true);
  expect(trueIn[code as keyof typeof refusalTable]?.(state) ?? true, log).toBe(true);
}
