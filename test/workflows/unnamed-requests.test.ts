import { expect, it } from 'vitest';
import { signalNames } from '../../src/core/names.js';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';

const { keep } = withDevTokens();

it('two signals of the Web UI, which carry nothing, are both heeded though one task brings them', async () => {
  const { bench, handle, restartWorker, until, spec } = await keep(tokenSpec());
  await until(isHealthy(1));
  await restartWorker(async () => {
    await handle.signal(signalNames.pause);
    await handle.signal(signalNames.revoke);
  });
  await handle.result();
  expect(bench.revocations).toMatchObject([{ key: spec.key }]);
}, 60_000);

it('what a form leaves empty, or has null for, was not said', async () => {
  const { handle, restartWorker, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const form = { requestId: '', until: null, ifGeneration: null };
  await restartWorker(async () => {
    await handle.signal(signalNames.pause, form);
    await handle.signal(signalNames.resume, form);
  });
  const { answers, pause } = await until((status) => status.answers.length === 2);
  expect(answers.map(({ verb, outcome }) => `${verb} ${outcome}`)).toEqual(['pause accepted', 'resume accepted']);
  expect(pause).toBeNull();
});
