import { expect, it } from 'vitest';
import { notify } from '../../src/activities/notify.js';
import { TokenError } from '../../src/core/errors.js';
import type { SinkRequest } from '../../src/sinks/sink.js';
import { ActivitiesWorld } from '../support/activities-world.js';

it.each(['reconcile', 'propagate', 'deliver', 'retire', 'empty', 'revoke'])(
  'a sink hears that the %s which asks it was called off, and need not end what nobody waits for',
  async (name) => {
    const world = await ActivitiesWorld.rotated();
    const calledOff = new AbortController();
    const attempt = world.attempt.bind(world);
    world.attempt = () => attempt(calledOff.signal);
    const told: boolean[] = [];
    const ask = async ({ signal }: SinkRequest): Promise<never> => {
      calledOff.abort();
      told.push(signal.aborted);
      throw new TokenError('SinkUnavailable', 'broken off');
    };
    for (const id of ['one', 'two', 'three']) {
      Object.assign(world.bench.sinkNamed(id), { read: ask, write: ask, remove: ask });
    }
    await world.activities(2)[name]!().catch(() => {});
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told)).toEqual(new Set([true]));
  },
);

it('a sink hears that the refresh whose preflight asks it has no time left', async () => {
  const world = new ActivitiesWorld();
  const signals: AbortSignal[] = [];
  world.bench.sinkNamed('two').check = (...[request]: SinkRequest[]) => {
    signals.push(request!.signal);
    return new Promise(() => {});
  };
  const late = { preflight: true, abortAfterMs: 100 };
  await expect(world.rotate(0, late)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

it('a receiver hears that the notice it is sent was called off', async () => {
  const world = new ActivitiesWorld();
  const calledOff = new AbortController();
  const told: boolean[] = [];
  let sent: unknown;
  world.bench.notify = async (...[notification, signal]: readonly [unknown, AbortSignal?]) => {
    sent = notification;
    calledOff.abort();
    told.push(signal!.aborted);
  };
  const about = {
    event: 'recovered',
    state: 'healthy',
    reason: 'Issued',
    message: 'x',
    do: null,
    expiresAt: null,
  } as const;
  await notify(world.deps, { ...world.input, ...about, since: 0 }, world.attempt(calledOff.signal));
  expect(told).toEqual([true]);
  // Receivers know a repeat by the time: that of the notice, not of this attempt.
  expect(sent).toMatchObject({ environment: 'test', at: '1970-01-01T00:00:00.000Z' });
});
