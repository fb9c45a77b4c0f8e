import { defaultPayloadConverter } from '@temporalio/common';
import { expect, it } from 'vitest';
import { withLaneFailures, type PendingActivity } from '../../src/client/lane-failures.js';
import { statusOf } from '../../src/core/lifecycle/status.js';
import { statesAt } from '../workflows/states.js';

const now = Date.UTC(2027, 0, 15, 12);
/** Sink `one` has its value, `two` is down. */
const status = statusOf(statesAt(now).partial, { running: [], wakeAt: null, rules: 1, listed: false }, now);

/** A lane whose last attempt failed, as the server describes it. */
function laneOf(sink: string, payload: unknown): PendingActivity {
  const details = { payloads: [payload] };
  return {
    activityId: `deliver:${sink}`,
    lastFailure: { message: `${sink}: EROFS`, applicationFailureInfo: { type: 'SinkRefused', details } },
    lastAttemptCompleteTime: { seconds: 1_800_000_000 },
  } as unknown as PendingActivity;
}

const told = { code: 'SinkRefused', message: 'two: EROFS', at: 1_800_000_000_000 };

it('what a lane met last is what its sink says, and the condition with what to do', () => {
  const lane = laneOf('two', defaultPayloadConverter.toPayload({ v: 1, do: 'mount it' }));
  const { sinks, conditions } = withLaneFailures(status, [lane]);
  expect(sinks['two']?.error).toEqual({ ...told, do: 'mount it' });
  expect(conditions.find(({ type }) => type === 'Delivered')).toMatchObject({
    status: false,
    reason: 'SinkRefused',
    do: 'mount it',
  });
});

it('a lane that began without an error, as where a sink was found to hold an older value again, shows what it meets', () => {
  const two = { ...status.sinks['two']!, error: null };
  const begun = { ...status, sinks: { ...status.sinks, two } };
  const { sinks, conditions } = withLaneFailures(begun, [laneOf('two', null)]);
  expect(sinks['two']?.error).toEqual(told);
  expect(conditions.find(({ type }) => type === 'Delivered')).toMatchObject({ reason: 'SinkRefused' });
});

it('a lane whose details are encrypted is told without its own remedy', () => {
  const metadata = { encoding: Buffer.from('binary/encrypted') };
  const { sinks } = withLaneFailures(status, [laneOf('two', { metadata, data: Buffer.from('x') })]);
  expect(sinks['two']?.error).toEqual(told);
});

it('a lane whose worker was lost, or whose sink has its value by now, says nothing against it', () => {
  const lost = { ...laneOf('two', null), lastFailure: { message: 'activity timeout', timeoutFailureInfo: {} } };
  expect(withLaneFailures(status, [lost as PendingActivity])).toBe(status);
  expect(withLaneFailures(status, [laneOf('one', null)]).sinks['one']?.error).toBeNull();
});
