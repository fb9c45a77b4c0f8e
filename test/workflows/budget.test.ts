import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, startToken, startWorker, statusOf, tokenSpec } from '../support/lifecycle.js';
import { bundleOnce, uniqueName, withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const taskQueue = uniqueName('budget');
const bench = new Bench();
let worker: { stop(): Promise<void> };

beforeAll(async () => {
  const { nativeConnection: connection, namespace } = temporal();
  worker = await startWorker({ connection, namespace, taskQueue, workflowBundle: await bundleOnce(), bench });
});
afterAll(() => worker.stop());

/** Events of a history by type, from the first to the last event of the rotations that are counted. */
async function countRotations(handle: Awaited<ReturnType<typeof startToken>>, from: number, to: number) {
  const { events } = await handle.fetchHistory();
  const types = (events ?? []).map((event) => String(event.eventType));
  const isRefresh = (index: number): boolean =>
    events?.[index]?.activityTaskScheduledEventAttributes?.activityType?.name === 'tokenkeeper.refresh';
  const starts = types.flatMap((_, index) => (isRefresh(index) ? [index] : []));
  const slice = (events ?? []).slice(starts[from - 1], starts[to - 1]);
  const actions = slice.filter(
    (event) =>
      event.activityTaskScheduledEventAttributes != null ||
      event.timerStartedEventAttributes != null ||
      event.upsertWorkflowSearchAttributesEventAttributes != null ||
      event.workflowExecutionSignaledEventAttributes != null ||
      event.workflowExecutionUpdateAcceptedEventAttributes != null,
  );
  return { events: slice.length / (to - from), actions: actions.length / (to - from) };
}

describe('the budget of a timer-driven rotation with two sinks', () => {
  it('is 18 events and 4 actions when the old one dies by itself', async () => {
    const spec = tokenSpec({
      parameters: { lifetimeMs: 9_000, retire: 'expire' },
      renewBefore: { ratio: 0.4 },
    });
    const handle = await startToken(temporal().client, taskQueue, spec, { searchAttributes: 'TokenKeeper' });
    const status = await waitFor(() => statusOf(handle), { limitMs: 40_000, until: (s) => s.generation >= 4 });
    expect(status.state).toBe('healthy');
    const counted = await countRotations(handle, 2, 4);
    await handle.terminate();
    expect(counted).toEqual({ events: 18, actions: 4 });
  }, 60_000);

  it('is 29 events and 6 actions when it is revoked after its grace', async () => {
    const spec = tokenSpec({ parameters: { lifetimeMs: 9_000 }, renewBefore: { ratio: 0.4 }, graceMs: 2_000 });
    const handle = await startToken(temporal().client, taskQueue, spec, { searchAttributes: 'TokenKeeper' });
    await waitFor(() => statusOf(handle), { limitMs: 40_000, until: (s) => s.generation >= 4 });
    const counted = await countRotations(handle, 2, 4);
    await handle.terminate();
    expect(counted).toEqual({ events: 29, actions: 6 });
  }, 60_000);
});
