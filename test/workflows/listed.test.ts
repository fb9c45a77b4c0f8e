import { expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { isHealthy, withDevTokens } from '../support/lifecycle-dev.js';
import { tokenSpec } from '../support/lifecycle.js';
import { waitFor } from '../support/wait-for.js';

const { keep, temporal } = withDevTokens();
const limitMs = 45_000;

it('a token that was started before the search attributes existed writes them once it is applied again, in each later run, too', async () => {
  const { handle, keeper, spec, status, taskQueue, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const shown = async (): Promise<Record<string, unknown>> => {
    const { typedSearchAttributes } = await handle.describe();
    const ours = typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('TokenKeeper'));
    return Object.fromEntries(ours.map(({ key, value }) => [key.name.replace('TokenKeeper', ''), value]));
  };
  // Whoever knows of none changes nothing.
  expect(await keeper.apply(spec)).toBe('unchanged');
  expect(await shown()).toEqual({});

  const client = new TokenKeeperClient({ client: temporal().client, taskQueue, searchAttributes: 'TokenKeeper' });
  expect(await client.apply(spec)).toBe('unchanged');
  const first = await waitFor(shown, { limitMs, until: ({ State }) => State !== undefined });
  const { renewAt, revision } = await status();
  const words = { State: 'healthy', Environment: 'test', Owner: 'platform', Issuer: 'issuer', Sinks: '2/2' };
  const instants = { ExpiresAt: expect.any(Date) as unknown, RenewAt: new Date(renewAt!) };
  expect(first).toEqual({ ...words, Generation: 1, ...instants });

  await client.renewRun(spec.key);
  await until(({ runs }) => runs === 2);
  await client.rotate(spec.key);
  await until(isHealthy(2));
  const second = await waitFor(shown, {
    limitMs,
    until: ({ Generation, State }) => Generation === 2 && State === 'healthy',
  });
  expect(second).toMatchObject(words);
  // It knows by now.
  expect(await client.apply(spec)).toBe('unchanged');
  expect((await status()).revision).toBe(revision + 1);
});
