import { expect, it } from 'vitest';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';

const { keep } = withDevTokens();

it('a token whose many sinks all lag at once has a lane for each, and goes on: its lanes do not carry all of its sinks', async () => {
  // Its specification takes 120 kB: as often as there are lanes, that is 7 MB.
  const target = { path: 'x'.repeat(2_000) };
  const sinks = Array.from({ length: 60 }, (_, index) => `sink-${index}`).map((id) => ({
    id,
    connection: id,
    target,
    takeOver: false,
  }));
  const { bench, handle, keeper, spec, until } = await keep(tokenSpec({ sinks }));
  await until(isHealthy(1));
  for (const { id } of sinks) bench.sinkNamed(id).down = 'SinkUnavailable';
  await keeper.rotateNow(spec.key, 1, { deadlineMs: 0 }).catch(() => undefined);
  // One that Temporal terminated would answer, too, with its last state.
  await until(({ generation, running }) => generation === 2 && running.includes('deliver:sink-59'));
  expect((await handle.describe()).raw.pendingActivities).toHaveLength(60);
  for (const { id } of sinks) bench.sinkNamed(id).down = null;
  await keeper.deliver(spec.key);
  await until(isHealthy(2));
});
