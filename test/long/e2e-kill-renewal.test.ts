import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { limitMs } from '../support/e2e-kills.js';
import { tokenA, tokenD, World } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';
import type { Kill } from '../support/worker-process-control.js';

const temporal = withTemporal();
const key = 'demo/token';
const tokens = { A: tokenA, D: tokenD };

/** What a renewal passes from the new value on, all of it within the one activity that issued. A value and its mark are two renames. */
const ordeals: readonly (readonly [reissue: keyof typeof tokens, kill: Kill])[] = [
  ['D', { point: 'after-promote', nth: 1 }],
  ['A', { point: 'before-sink', nth: 1 }],
  ['D', { point: 'after-rename', nth: 2 }],
  ['A', { point: 'after-sink', nth: 2 }],
  ['D', { point: 'before-completion', nth: 1 }],
];

describe('kill -9 of the worker while a renewal by the timer serves its sinks', () => {
  for (const [reissue, kill] of ordeals) {
    it.concurrent(
      `class ${reissue}, ${kill.point} (${kill.nth}): the next attempt of the same activity goes on, and nothing is issued twice`,
      async () => {
        // Renewed at a third of its life: an attempt has ten seconds.
        const token = { ...tokens[reissue], renewBefore: '66%' };
        await using world = await World.make({ temporal: temporal(), tokens: { [key]: token }, accessTokenTtlS: 60 });
        const { client, provider } = world;
        const worker = await world.startWorker();
        await client.apply(world.spec(key));
        await world.healthy(key, 1);
        worker.send({ kill });
        expect(await worker.ended(limitMs)).toBe('SIGKILL');
        await world.startWorker();
        await world.healthy(key, 2);
        await client.pause(key);
        const { generation } = await world.until(key, ({ pause, phase }) => pause !== null && phase === 'idle');
        const { tokenRequests } = await provider.control.counts();
        const requests = reissue === 'A' ? tokenRequests.client_credentials : tokenRequests.refresh_token;
        expect(requests).toEqual({ ok: generation, refused: 0 });
        expect(await world.generationsInSinks(key)).toEqual({ files: generation, env: generation });
        expect(await attemptsOfRefreshes(client.handle(key))).toContain(2);
        expect((await world.scanAll()).findings).toEqual([]);
      },
      limitMs,
    );
  }
});

/** Which attempt ended each refresh of the history. */
async function attemptsOfRefreshes(handle: WorkflowHandle): Promise<number[]> {
  const events = (await handle.fetchHistory()).events ?? [];
  const scheduled = events
    .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'tokenkeeper.refresh')
    .map(({ eventId }) => String(eventId));
  return events.flatMap(({ activityTaskStartedEventAttributes: started }) =>
    started != null && scheduled.includes(String(started.scheduledEventId)) ? [started.attempt ?? 0] : [],
  );
}
