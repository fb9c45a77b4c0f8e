import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import type { NotifyInput } from '../../src/activities/inputs.js';
import { activityNames } from '../../src/core/names.js';
import { silentLog } from '../../src/drivers.js';
import { Bench } from '../support/lifecycle-bench.js';
import { tokenSpec } from '../support/lifecycle.js';

it('a notice that is told again after a failed attempt is the same one, to the instant', async () => {
  const bench = new Bench();
  const cluster = { cluster: 'test', namespace: 'default' };
  const { [activityNames.notify]: notify } = createActivities({
    connections: bench,
    now: Date.now,
    log: silentLog,
    cluster,
  });
  const scheduledTimestampMs = Date.UTC(2027, 0, 1);
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
  };
  for (const attempt of [1, 2]) {
    await new MockActivityEnvironment({ attempt, scheduledTimestampMs }).run(notify, input);
  }
  expect(bench.notifications.map(({ at }) => at)).toEqual(Array<string>(2).fill('2027-01-01T00:00:00.000Z'));
});
