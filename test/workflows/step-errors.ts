import { Context, heartbeat } from '@temporalio/activity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toFailure, untilDone } from '../../src/activities/failure.js';
import { errorKind, TokenError, type ErrorCode } from '../../src/core/errors.js';
import type { Headline } from '../../src/core/lifecycle/headline.js';
import { activityNames } from '../../src/core/names.js';
import type { LifecycleState } from '../../src/core/lifecycle/state.js';
import type { Status } from '../../src/core/lifecycle/status.js';
import { timings } from '../../src/core/timings.js';
import { runWorker, startToken, statusOf } from '../support/lifecycle.js';
import { bundleOnce, uniqueName, withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';
import { statesAt } from './states.js';

type Step = keyof typeof activityNames;

const taskQueue = uniqueName('errors');
/** How often the failing step of a token was tried. */
const tries = new Map<string, number>();

/** Steps that never end, but for the one that the token's parameters want to fail. */
function stub(step: Step) {
  return async ({ spec }: LifecycleState): Promise<never> => {
    const { fails } = spec.parameters as { fails?: { step: Step; code: ErrorCode } };
    if (fails?.step === step) {
      tries.set(spec.key, (tries.get(spec.key) ?? 0) + 1);
      throw toFailure(new TokenError(fails.code, `told to fail with ${fails.code}`), untilDone);
    }
    const beat = setInterval(() => heartbeat(), 2_000);
    await Context.current().cancelled.finally(() => clearInterval(beat));
    throw new Error('unreachable: it rejects');
  };
}

interface Row {
  readonly from: (states: ReturnType<typeof statesAt>) => LifecycleState;
  /** Whether the failure was noted: in the state, or by the server, which tries it again. */
  readonly noted: (status: Status, code: ErrorCode) => boolean;
  readonly headline: (code: ErrorCode) => Headline;
}

const wasTried = ({ key }: Status): boolean => (tries.get(key) ?? 0) > 0;
const isProblem = ({ problem }: Status, code: ErrorCode): boolean => problem?.code === code;
const byKind = (code: ErrorCode, transient: Headline): Headline => {
  if (code === 'OutcomeUnknown') return 'outcome-unknown';
  return errorKind(code) === 'transient' ? transient : 'needs-attention';
};

const rows: Record<Step, Row> = {
  reconcile: { from: ({ adopting }) => adopting, noted: isProblem, headline: (code) => byKind(code, 'acquiring') },
  refresh: { from: ({ renewing }) => renewing, noted: isProblem, headline: (code) => byKind(code, 'degraded') },
  propagate: {
    from: ({ propagating }) => propagating,
    noted: ({ sinks }, code) => Object.values(sinks).every(({ error }) => error?.code === code),
    headline: () => 'partial',
  },
  deliver: { from: ({ partial }) => partial, noted: wasTried, headline: () => 'partial' },
  retire: { from: ({ healthy }) => withDuePrevious(healthy), noted: wasTried, headline: () => 'healthy' },
  empty: { from: ({ healthy }) => withSinkToEmpty(healthy), noted: wasTried, headline: () => 'healthy' },
  notify: { from: (states) => states['needs-attention'], noted: wasTried, headline: () => 'needs-attention' },
  close: { from: ({ closing }) => closing, noted: wasTried, headline: () => 'revoked' },
};

function withDuePrevious(state: LifecycleState): LifecycleState {
  const { current } = state;
  const previous = [{ generation: 1, fingerprint: '0000000100000000', expiresAt: current!.expiresAt, retireAt: 1 }];
  return { ...state, previous };
}

function withSinkToEmpty(state: LifecycleState): LifecycleState {
  const sink = { id: 'old', connection: 'old', target: {}, takeOver: false };
  return { ...state, left: [{ sink, generation: 2, revision: 2, emptying: { at: Date.now(), actor: 'ana' } }] };
}

const steps = Object.keys(rows) as Step[];

/** How many bursts a time has room for, if each gap is twice the one before; a minute's at least. */
function burstsIn(ms: number): number {
  return Math.max(4, 2 + Math.floor(Math.log2(1 + ms / timings.backoffBaseMs)));
}

/** Each step fails with each of these codes, in a workflow of its own on a real server. Registers the tests of a file. */
export function stepsMayFail(codes: readonly ErrorCode[]): void {
  const temporal = withTemporal();
  let worker: Awaited<ReturnType<typeof runWorker>>;

  beforeAll(async () => {
    worker = await runWorker({
      connection: temporal().nativeConnection,
      namespace: temporal().namespace,
      taskQueue,
      workflowBundle: await bundleOnce(),
      activities: Object.fromEntries((Object.keys(activityNames) as Step[]).map((s) => [activityNames[s], stub(s)])),
      // Steps that are told never to end would take every slot.
      maxConcurrentActivityTaskExecutions: 1_000,
    });
  });
  afterAll(() => worker.stop());

  // One after the other: each starts as many workflows as there are codes.
  it.each(steps)(
    `%s may fail with any of ${codes.length} errors: the workflow runs on, shows it, and does not try in a hot loop`,
    async (step) => {
      const { client } = temporal();
      const { from, noted, headline } = rows[step];
      const started = await Promise.all(
        codes.map(async (code) => {
          const key = `test/${uniqueName(step)}`;
          const state = from(statesAt(Date.now(), key));
          const spec = { ...state.spec, parameters: { fails: { step, code } } };
          const carried = { state: { ...state, spec }, published: '' };
          const startedAt = Date.now();
          return { code, key, startedAt, handle: await startToken(client, taskQueue, spec, { carried }) };
        }),
      );
      for (const { code, handle } of started) {
        // The headline with the failure: a burst that comes later is a renewal under way, for as long as it lasts.
        await waitFor(() => statusOf(handle, Date.now()), {
          limitMs: 200_000,
          everyMs: 100,
          until: (status) => noted(status, code) && status.state === headline(code),
          describe: ({ state, problem }) => `${step} that failed with ${code}: ${state}, ${problem?.code}`,
        });
      }
      // By now the first ones had seconds to loop.
      const seen = await Promise.all(
        started.map(async ({ code, key, handle, startedAt }) => {
          const { status, historyLength } = await handle.describe();
          const bursts = burstsIn(Date.now() - startedAt);
          const isCalm = historyLength < 15 * bursts && (tries.get(key) ?? 0) <= 3 * bursts;
          return `${code}: ${status.name}${isCalm ? '' : ` after ${historyLength} events, ${tries.get(key)} tries`}`;
        }),
      );
      await Promise.all(started.map(({ handle }) => handle.terminate()));
      expect(seen).toEqual(codes.map((code) => `${code}: RUNNING`));
    },
    240_000,
  );
}
