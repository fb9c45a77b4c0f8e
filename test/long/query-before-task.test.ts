import { Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { statusOf, tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { bundleOnce } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const { keep } = withDevTokens();
const limitMs = 90_000;

// Which of both a worker gets first is the server's choice: several queries make it almost certain. It goes well either way.
it('what a query shows to a worker before its task comes is decided by the time of that task', async () => {
  // Far from overdue where the task is lost behind a query that was refused, and comes again 10 s later, at another time than one between
  // has seen: what is decided must be the same.
  const spec = tokenSpec({ parameters: { lifetimeMs: 150_000 }, renewBefore: { ms: 120_000 }, graceMs: 1_000 });
  const { handle, keeper, restartWorker, until } = await keep(spec);
  await until((status) => isHealthy(1)(status) && status.wakeAt !== null);
  const queries: Promise<unknown>[] = [];
  await restartWorker(async () => {
    const askUntilTimerFired = async (): Promise<boolean> => {
      // Without a worker for a while the server refuses them.
      queries.push(statusOf(handle).catch(() => undefined));
      const { events } = await handle.fetchHistory();
      return events?.some((event) => event.timerFiredEventAttributes != null) === true;
    };
    // By the time of the task that follows the timer the renewal is due; by that of the task before, it is not.
    await waitFor(askUntilTimerFired, { limitMs, everyMs: 1_000 });
  });
  await Promise.all(queries);
  await until(isHealthy(2), limitMs);
  await keeper.rotate(spec.key);
  await until(isHealthy(3), limitMs);

  const replayed = [{ workflowId: spec.key, history: await handle.fetchHistory() }];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: await bundleOnce() }, replayed)) {
    expect(error).toBeUndefined();
  }
}, 240_000);
