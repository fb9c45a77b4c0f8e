import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { tokenSpec } from '../support/lifecycle.js';
import { withDevTokens } from '../support/lifecycle-dev.js';
import { bundleOnce } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';
import { historyOf, type History } from './histories/json.js';

const { keep } = withDevTokens();
const folder = new URL('histories/', import.meta.url);
/** The paths that every version has to keep. */
const paths = [
  'cancel',
  'dead',
  'demo',
  'first-try-refused',
  'forget',
  'lagging-sink',
  'left-sink',
  'outcome-unknown',
  'provider-down',
  'renewals',
  'requests',
  'revoke',
  'tracked',
];

async function histories() {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(
    names.map(async (name) => ({
      workflowId: name,
      history: historyOf(await readFile(new URL(name, folder), 'utf8')),
    })),
  );
}

/** The histories that end where a task is scheduled for a result, a signal, a timer or a cancel; the one that starts the run is none. */
function untilEachTask(history: History, name: string): { workflowId: string; history: History }[] {
  const events = history.events ?? [];
  return events.flatMap((event, at) => {
    if (at < 2 || event.workflowTaskScheduledEventAttributes == null || !needsTask(events[at - 1])) return [];
    return [{ workflowId: `${name} until ${at + 1}`, history: { events: events.slice(0, at + 1) } }];
  });
}

/** An update comes with its task, not before. */
function needsTask(event: NonNullable<History['events']>[number] | undefined): boolean {
  return [
    event?.activityTaskCompletedEventAttributes,
    event?.activityTaskFailedEventAttributes,
    event?.activityTaskCanceledEventAttributes,
    event?.timerFiredEventAttributes,
    event?.workflowExecutionSignaledEventAttributes,
    event?.workflowExecutionCancelRequestedEventAttributes,
  ].some((attributes) => attributes != null);
}

describe('the histories of every version', () => {
  let bundle: { readonly codePath: string };
  beforeAll(async () => void (bundle = await bundleOnce()));

  it('are there for each path', async () => {
    const names = (await histories()).map(({ workflowId }) => workflowId);
    for (const path of paths) expect(names.filter((name) => name.startsWith(`v1/${path}-`))).not.toEqual([]);
    expect(names).toContain('v1/lagging-sink-2.json');
  });

  it('replay on this one', async () => {
    const failures: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle: bundle },
      await histories(),
    )) {
      if (error !== undefined) failures.push(`${workflowId}: ${error.message}`);
    }
    expect(failures).toEqual([]);
  });

  // As a query shows it to a worker: what came since the last task, by the clock of that.
  it('decide nothing while what came waits for its task', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const refusal = /new Error\([^()]*untimedMessage\)/;
    const code = (await readFile(bundle.codePath, 'utf8')).replace(
      refusal,
      (made) => `(console.log('refused'), ${made})`,
    );
    // Of the demo several events share a task.
    const alone = (await histories()).filter(({ workflowId }) => !workflowId.startsWith('v1/demo-'));
    const waiting = alone.flatMap(({ workflowId, history }) => untilEachTask(history, workflowId));
    for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { code } }, waiting)) {
      expect(error, workflowId).toBeUndefined();
    }
    const refused = said.mock.calls.filter((words) => words.includes('refused')).length;
    said.mockRestore();
    expect(waiting.length).toBeGreaterThan(80);
    expect(refused).toBe(waiting.length);
  });

  it('do not replay where a command changed', async () => {
    const code = (await readFile(bundle.codePath, 'utf8')).replaceAll('tokenkeeper.propagate', 'tokenkeeper.spread');
    const [renewals] = (await histories()).filter(({ workflowId }) => workflowId.startsWith('v1/renewals'));
    const replay = Worker.runReplayHistory({ workflowBundle: { code } }, renewals!.history);
    await expect(replay).rejects.toThrow(DeterminismViolationError);
  });
});

it('a worker that caches no workflow replays at each task and keeps a token', async () => {
  const { bench, keeper, spec, handle } = await keep(tokenSpec(), { maxCachedWorkflows: 0 });
  // Looks at the history, not at the status: a query that meets a workflow task while nothing is cached can cost that
  // task its timeout (10 s), with any workflow.
  const asleep = (issued: number) =>
    waitFor(() => describeHistory(handle), {
      limitMs: 50_000,
      everyMs: 100,
      until: ({ last, refreshed }) => last === 'timer started' && refreshed === issued,
    });
  await asleep(1);
  await keeper.rotate(spec.key);
  await asleep(2);
  expect(bench.issues).toHaveLength(2);
});

/** How the history ends and how many steps of issuing it has. */
async function describeHistory(handle: WorkflowHandle): Promise<{ last: string; refreshed: number }> {
  const { events = [] } = await handle.fetchHistory();
  const refreshed = (events ?? []).filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'tokenkeeper.refresh',
  ).length;
  return { last: events?.at(-1)?.timerStartedEventAttributes == null ? 'something else' : 'timer started', refreshed };
}
