import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import type { Notification } from '../../src/activities/connections.js';
import { createActivities } from '../../src/activities/index.js';
import type { NotifyInput } from '../../src/activities/inputs.js';
import { activityNames } from '../../src/core/names.js';
import { silentLog } from '../../src/drivers.js';
import { Bench } from '../support/lifecycle-bench.js';
import { tokenSpec } from '../support/lifecycle.js';

const input: NotifyInput = {
  v: 1,
  spec: tokenSpec(),
  vaultId: null,
  event: 'needs-attention',
  state: 'needs-attention',
  reason: 'InvalidGrant',
  message: 'the grant is dead',
  do: null,
  expiresAt: null,
  since: Date.UTC(2027, 0, 1),
};

function notifyOf(bench: Bench) {
  const namespace = { cluster: 'test', namespace: 'default' };
  const activities = createActivities({ connections: bench, now: Date.now, log: silentLog, namespace });
  return activities[activityNames.notify];
}

it('a notice whose worker stops waits for no receiver', async () => {
  const bench = new Bench();
  const env = new MockActivityEnvironment();
  bench.notify = (_notification: Notification, signal?: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
      env.cancel();
    });
  const failure = await env.run(() => notifyOf(bench)(input).catch((error: unknown) => error));
  expect(failure).toBeInstanceOf(CancelledFailure);
});

it('a notice that is sent again after a failed attempt is identical, including its time', async () => {
  const bench = new Bench();
  for (const attempt of [1, 2]) await new MockActivityEnvironment({ attempt }).run(notifyOf(bench), input);
  expect(bench.notifications.map(({ at }) => at)).toEqual(Array<string>(2).fill('2027-01-01T00:00:00.000Z'));
});
