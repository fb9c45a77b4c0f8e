import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { UpdateAnswer } from '../../src/client/requests.js';
import { RequestRefused } from '../../src/core/lifecycle/refusals.js';
import { signalNames } from '../../src/core/names.js';
import { tokenSpec } from '../support/lifecycle.js';
import { randomOf } from '../support/random.js';
import { isHealthy, type DevToken, type KeepOptions } from '../support/lifecycle-dev.js';
import type { TokenSpec } from '../../src/core/spec.js';

export interface Storm {
  readonly requests: number;
  /** Continue-as-news that it has to cross. */
  readonly runs: number;
  readonly seed: number;
}

/**
 * Requests at random instants while run after run continues as new: each signal is recorded once, each update is answered once.
 * A run ends with each rotation, and forced rotations are a second apart, so that `runs` tells how long it lasts.
 */
export async function expectStormSurvived(
  keep: (spec: TokenSpec, options: KeepOptions) => Promise<DevToken>,
  { requests, runs, seed }: Storm,
): Promise<void> {
  const random = randomOf(seed);
  const about = `seed ${seed}`;
  const token = await keep(tokenSpec(), { input: { maxRotationsPerRun: 1 } });
  const { bench, handle, keeper, spec, status, until } = token;
  const first = await until(isHealthy(1));
  /** How often each request id was seen at once, over all looks at the state. */
  const recorded = new Map<string, number>();
  const look = async () => {
    const seen = await status();
    const counts = new Map<string, number>();
    for (const { requestId } of seen.answers) counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
    for (const [id, count] of counts) recorded.set(id, Math.max(recorded.get(id) ?? 0, count));
    return seen;
  };

  const signals: string[] = [];
  const answers: Promise<string>[] = [];
  let generation = first.generation;
  const spanMs = (runs * 1_300) / requests;
  for (let sent = 0; sent < requests; sent += 1) {
    await sleep(random() * 2 * spanMs);
    if (sent % 10 === 0) generation = (await look()).generation;
    const draw = random();
    if (draw < 0.4) {
      const requestId = `signal-${sent}`;
      signals.push(requestId);
      const verb = draw < 0.35 ? signalNames.rotate : signalNames.resume;
      await handle.signal(verb, { requestId, actor: 'storm' });
    } else if (draw < 0.7) {
      answers.push(outcomeOf(keeper.rotateNow(spec.key, generation)));
    } else if (draw < 0.8) {
      answers.push(outcomeOf(keeper.reportFailure(spec.key, generation)));
    } else if (draw < 0.9) {
      answers.push(outcomeOf(keeper.deliver(spec.key)));
    } else {
      answers.push(outcomeOf(keeper.acknowledge(spec.key, 'one', generation)));
    }
  }
  const outcomes = await Promise.all(answers);
  // Runs that the requests did not end are ended one by one.
  for (let seen = await look(); seen.runs <= runs; seen = await look()) {
    await keeper.rotateNow(spec.key, seen.generation);
    await sleep(500);
  }
  await until(({ phase, wanted }) => phase === 'idle' && wanted === null);
  const last = await look();

  expect(last.runs, about).toBeGreaterThan(runs);
  expect(
    signals.filter((id) => recorded.get(id) !== 1),
    `${about}: signals that were not recorded exactly once`,
  ).toEqual([]);
  expect(
    [...recorded].filter(([, count]) => count !== 1),
    `${about}: requests that were recorded twice`,
  ).toEqual([]);
  expect(outcomes, about).toHaveLength(requests - signals.length);
  const allowed = /^(rotated|fine|stale|accepted|refused (Fine|UnknownGeneration))$/;
  expect(
    outcomes.filter((outcome) => !allowed.test(outcome)),
    `${about}: updates without an answer`,
  ).toEqual([]);
  // One value a generation, none skipped, whatever was asked for when.
  const issued = bench.issues.map((call) => call.generation);
  expect(issued, about).toEqual(issued.map((_, index) => index + 1));
  expect(last.generation, about).toBe(issued.length);
}

function outcomeOf(answer: Promise<UpdateAnswer>): Promise<string> {
  return answer.then(
    ({ status }) => status,
    (error: unknown) =>
      error instanceof RequestRefused
        ? `refused ${error.refusal}`
        : `failed: ${String(error)} ${String((error as Error).cause)}`,
  );
}
