import { expect, it } from 'vitest';
import type { HeldToken } from '../../src/runtime.js';
import { tokenA, World } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';

const temporal = withTemporal();
const key = 'demo/a';

it('a job is healed although the workflow has not heard yet of the generation that died: its worker was killed after it was stored', async () => {
  await using world = await World.make({ temporal: temporal(), tokens: { [key]: tokenA } });
  const { client, provider, tokens } = world;
  const worker = await world.startWorker();
  await client.apply(world.spec(key));
  await world.healthy(key, 1);
  worker.send({ kill: { point: 'after-promote', nth: 1 } });
  await client.rotate(key);
  expect(await worker.ended(60_000)).toBe('SIGKILL');
  await world.startWorker();
  expect(await provider.control.kill(await world.currentValue(key))).toBe(true);

  const used: number[] = [];
  const job = ({ value, generation }: HeldToken): Promise<Response> => {
    used.push(generation);
    return fetch(`${provider.issuer}/api/invoices`, { headers: { authorization: `Bearer ${value}` } });
  };
  const response = await tokens.withToken(key, job, { deadlineMs: 120_000 });
  expect({ status: response.status, used }).toEqual({ status: 200, used: [2, 3] });
  await world.healthy(key, 3);
  expect((await provider.control.counts()).tokenRequests.client_credentials).toEqual({ ok: 3, refused: 0 });
  expect((await world.scanAll()).findings).toEqual([]);
}, 400_000);
