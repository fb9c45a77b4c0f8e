import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { updateNames } from '../../src/core/names.js';
import { timings } from '../../src/core/timings.js';
import { isHealthy, withDevTokens, type DevToken } from '../support/lifecycle-dev.js';
import { tokenSpec } from '../support/lifecycle.js';
import { uniqueName } from '../support/temporal.js';
import { statesAt } from './states.js';

const { keep } = withDevTokens();
const minute = 60_000;

/** What the Web UI shows of an event. */
const summaryOf = ({
  userMetadata,
}: {
  userMetadata?: { summary?: { data?: Uint8Array | null } | null } | null;
}): string => JSON.parse(Buffer.from(userMetadata?.summary?.data ?? []).toString() || '""') as string;

/** The options that the newest activity of a name was scheduled with, in ms. */
async function optionsOf({ handle }: DevToken, name: string) {
  const { events } = await handle.fetchHistory();
  const event = (events ?? []).findLast(
    ({ activityTaskScheduledEventAttributes: of }) => of?.activityType?.name === `tokenkeeper.${name}`,
  );
  const scheduled = event?.activityTaskScheduledEventAttributes;
  const ms = (span: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
    Number(span?.seconds ?? 0) * 1_000 + (span?.nanos ?? 0) / 1e6;
  const { retryPolicy } = scheduled ?? {};
  return {
    id: scheduled?.activityId,
    summary: event && summaryOf(event),
    startToCloseMs: ms(scheduled?.startToCloseTimeout),
    heartbeatMs: ms(scheduled?.heartbeatTimeout),
    attempts: retryPolicy?.maximumAttempts ?? 0,
    firstWaitMs: ms(retryPolicy?.initialInterval),
    longestWaitMs: ms(retryPolicy?.maximumInterval),
    priority: scheduled?.priority?.priorityKey ?? 0,
    fairness: scheduled?.priority?.fairnessKey,
    input: JSON.parse(Buffer.from(scheduled?.input?.payloads?.[0]?.data ?? []).toString() || 'null') as Readonly<
      Record<string, unknown>
    > | null,
  };
}

/** What only the commands of the workflow say: the activities themselves can't know when Temporal gives them up. */
it('a provider has a quarter of what is left for renewing, aborts 5 s before, and is given up after; three attempts a burst', async () => {
  const token = await keep(tokenSpec({ parameters: { lifetimeMs: 4 * minute }, renewBefore: { ratio: 0.25 } }));
  await token.until(isHealthy(1));
  // The first value's life is not known yet: an hour is planned with. Without a value, sinks that cannot be written are to be known first.
  const first = { startToCloseMs: 30_000, priority: 4, input: { preflight: true } };
  expect(await optionsOf(token, 'refresh')).toMatchObject(first);
  await token.keeper.rotateNow(token.spec.key, 1);
  await token.until(isHealthy(2));
  expect(await optionsOf(token, 'refresh')).toEqual({
    id: expect.any(String) as unknown,
    summary: 'generation 1 → 2: Requested',
    startToCloseMs: 15_000,
    heartbeatMs: 10_000,
    attempts: 3,
    firstWaitMs: 1_000,
    longestWaitMs: expect.any(Number) as unknown,
    priority: 0,
    fairness: 'issuer',
    input: expect.objectContaining({ abortAfterMs: 10_000, deadlineAfterMs: 15_000, preflight: false }) as unknown,
  });
  for (const name of ['propagate', 'reconcile']) {
    expect(await optionsOf(token, name), name).toMatchObject({ heartbeatMs: 10_000, attempts: 3 });
  }
  const { events } = await token.handle.fetchHistory();
  const timers = (events ?? []).filter((event) => event.timerStartedEventAttributes != null);
  expect(timers.map(summaryOf)).toContain('renew to generation 2');
});

it('a lane is tried until it is done, and goes on in the next run at the pace that it had come to', async () => {
  const token = await keep(tokenSpec(), { input: { maxRotationsPerRun: 1 } });
  const { bench, keeper, spec } = token;
  await token.until(isHealthy(1));
  bench.sinkNamed('two').down = 'SinkUnavailable';
  await keeper.rotateNow(spec.key, 1);
  const { sinks, runs } = await token.until(({ running }) => running.includes('deliver:two'));
  const { laggingSince } = sinks['two']!;
  expect(await optionsOf(token, 'deliver')).toMatchObject({
    id: 'deliver:two',
    summary: 'two lags',
    attempts: 0,
    heartbeatMs: 10_000,
    priority: 5,
    fairness: 'issuer',
  });
  await token.until(() => Date.now() > laggingSince! + 4_000);
  await keeper.rotateNow(spec.key, 2);
  // In the run before, its lane goes on for a moment beside the new generation.
  await token.until((status) => status.runs > runs && status.running.includes('deliver:two'));
  const { firstWaitMs } = await optionsOf(token, 'deliver');
  expect(firstWaitMs).toBeGreaterThan(timings.laneInitialMs);
});

it('each step says what its workflow knows: a vault that is behind, and an attempt of the same decision, are told by it', async () => {
  const token = await keep(tokenSpec());
  const { bench, keeper, spec, until } = token;
  const inputOf = async (name: string) => (await optionsOf(token, name)).input;
  await until(isHealthy(1));
  bench.sinkNamed('two').down = 'SinkUnavailable';
  expect(await keeper.reauthorize(spec.key)).toMatchObject({ status: 'rotated' });
  const { current } = await until(({ running }) => running.includes('deliver:two'));
  const decidedAt = expect.any(Number) as unknown;
  expect(await inputOf('refresh')).toMatchObject({ expectedCurrent: 1, reauthorize: true, decidedAt, actor: 'ana' });
  expect(await inputOf('propagate')).toMatchObject({ atLeast: 2 });
  expect(await inputOf('deliver')).toMatchObject({ atLeast: 2 });
  await keeper.deliver(spec.key);
  expect(await inputOf('reconcile')).toMatchObject({ expectedCurrent: 2, expectedIssuedAt: current?.issuedAt });
});

it('a lane that lags for long never waits longer than the life of its token allows: Temporal refuses such a first wait', async () => {
  const { partial } = statesAt(Date.now(), `test/${uniqueName('lagging')}`);
  const two = { ...partial.sinks['two']!, laggingSince: Date.now() - 50 * minute };
  const state = { ...partial, sinks: { ...partial.sinks, two } };
  const token = await keep(state.spec, { input: { carried: { state, published: '' } } });
  await token.until(({ running }) => running.includes('deliver:two'));
  expect(await optionsOf(token, 'deliver')).toMatchObject({ firstWaitMs: 15 * minute });
});

it('an attempt that follows a failed one comes after those of tokens without trouble', async () => {
  const token = await keep(tokenSpec());
  await token.until(isHealthy(1));
  token.bench.issuerError = 'ProviderUnavailable';
  await token.keeper.rotate(token.spec.key);
  await token.until(({ failures }) => failures > 0);
  expect(await optionsOf(token, 'refresh')).toMatchObject({ priority: 0 });
  await token.until(({ failures }) => failures > 1);
  expect(await optionsOf(token, 'refresh')).toMatchObject({ priority: 5 });
});

it("an issuer's name is cut to what the server takes as a fairness key", async () => {
  const token = await keep(tokenSpec({ issuer: `é${'x'.repeat(80)}` }));
  await token.until(isHealthy(1));
  expect(await optionsOf(token, 'refresh')).toMatchObject({ fairness: `?${'x'.repeat(63)}` });
});

it('an update that is refused is no event of the history', async () => {
  const token = await keep(tokenSpec());
  const { keeper, spec, handle } = token;
  await token.until(isHealthy(1));
  const askedAt = Date.now();
  await keeper.reportFailure(spec.key, 1);
  await keeper.pause(spec.key);
  await token.until(({ state }) => state === 'paused');
  const accepted = await acceptedIn(handle);
  const { historyLength } = await handle.describe();
  // Not by the client, whose callers share an update, and with it the answer that was given to the first of them.
  for (let round = 0; round < 5; round++) {
    const asked = [
      [updateNames.rotateNow, {}],
      [updateNames.reportFailure, { generation: 1 }],
    ] as const;
    const refusals: unknown[] = [];
    for (const [update, fields] of asked) {
      const sent = handle.executeUpdate(update, { args: [{ v: 1, requestId: randomUUID(), ...fields }] });
      refusals.push(await sent.catch((error: { cause?: { type?: unknown } }) => error.cause?.type));
    }
    // It is fine for a while only: on a slow machine, it is just paused in the end.
    const isLate = Date.now() >= askedAt + timings.fineForMs;
    expect(refusals).toEqual(['Paused', isLate ? expect.stringMatching(/^(Fine|Paused)$/) : 'Fine']);
  }
  expect((await token.status()).answers).toHaveLength(2);
  expect(await acceptedIn(handle)).toBe(accepted);
  // The server keeps the task of a refusal (3 events) where it had many events to send with it: now and then, never each time.
  expect((await handle.describe()).historyLength - historyLength).toBeLessThan(10);
});

/** How many updates became events. */
async function acceptedIn(handle: DevToken['handle']): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null).length;
}

it('what people read of a step in the Web UI are words: one sink, and what a notice is about', async () => {
  const [one] = tokenSpec().sinks;
  const token = await keep(tokenSpec({ sinks: [one!] }));
  await token.until(isHealthy(1));
  expect(await optionsOf(token, 'propagate')).toMatchObject({ summary: 'generation 1 → 1 sink' });
  // Only a person can help: it is told at the first try.
  token.bench.issuerError = 'InvalidGrant';
  await token.keeper.rotateNow(token.spec.key, 1);
  await token.until(() => token.bench.notifications.length > 0);
  expect(await optionsOf(token, 'notify')).toMatchObject({
    summary: 'needs-attention: InvalidGrant',
    attempts: 0,
    longestWaitMs: 60 * minute,
  });
});
