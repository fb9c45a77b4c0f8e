import { expect, it } from 'vitest';
import { tokenSpec } from '../support/lifecycle.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';

const { keep } = withDevTokens();

it('a revocation that is refused for longer than a history lasts continues as new, and still ends', async () => {
  const { bench, handle, keeper, spec, status, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  bench.issuerError = 'PolicyDenied';
  await keeper.revoke(spec.key);
  await until(({ stalled }) => stalled['close'] !== undefined);
  // As many bytes as months of tries, each in a task of its own, since a query waits for it: the server counts what was written before a
  // task, and the last of several signals would be seen only a minute later, with the next try.
  for (let count = 0; count < 6; count++) {
    await keeper.pause(spec.key, { reason: 'x'.repeat(900_000) });
    await status();
  }
  const later = await until(({ runs }) => runs > 1);
  expect(later).toMatchObject({ closing: { kind: 'revoke', actor: 'ana' }, state: 'revoked' });
  bench.issuerError = null;
  await keeper.revoke(spec.key);
  expect(await handle.result()).toMatchObject({ closedBy: 'revoke', generation: 1 });
  expect(bench.revocations).toMatchObject([{ key: spec.key }]);
});
