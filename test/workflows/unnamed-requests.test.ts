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
