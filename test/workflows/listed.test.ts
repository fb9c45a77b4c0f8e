import { WorkflowFailedError } from '@temporalio/client';
import { expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { isHealthy, withDevTokens, type DevToken } from '../support/lifecycle-dev.js';
import { tokenSpec } from '../support/lifecycle.js';
import { waitFor } from '../support/wait-for.js';

const { keep, temporal } = withDevTokens();
const limitMs = 45_000;

/** Our search attributes of a workflow, without their prefix. */
async function shownOf(handle: DevToken['handle']): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await handle.describe();
  const ours = typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('TokenKeeper'));
  return Object.fromEntries(ours.map(({ key, value }) => [key.name.replace('TokenKeeper', ''), value]));
}

it('a token that was started before the search attributes existed writes them once it is applied again, in each later run, too', async () => {
  const { handle, keeper, spec, status, taskQueue, until } = await keep(tokenSpec());
  await until(isHealthy(1));
  const shown = () => shownOf(handle);
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

  expect(await client.apply(spec)).toBe('unchanged');
  expect((await status()).revision, 'known in this run, too').toBe(revision);
  await client.renewRun(spec.key);
  await until(({ runs }) => runs === 2);
  const { events } = await handle.fetchHistory();
  const written = (events ?? []).filter((event) => event.upsertWorkflowSearchAttributesEventAttributes != null);
  expect(written, 'what stands there already').toEqual([]);
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

it('a token that is cancelled while a new value is on its way is shown with that', async () => {
  const input = { searchAttributes: 'TokenKeeper' };
  const { gate, handle, keeper, spec, until } = await keep(tokenSpec(), { input });
  await until(isHealthy(1));
  const open = gate.hold('before-sink');
  await keeper.rotate(spec.key);
  await until(({ phase }) => phase === 'propagating');
  await handle.cancel();
  await until(({ closing }) => closing?.kind === 'cancel');
  open();
  await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
  expect(await shownOf(handle)).toMatchObject({ Generation: 2, Sinks: '2/2' });
});
