import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connectWorker } from '../../src/connect-worker.js';
import { clusterIdOf } from '../../src/connect.js';
import { startDenyingTemporal, type DenyingTemporal } from '../support/denying-temporal.js';

let server: DenyingTemporal;
beforeAll(async () => {
  server = Object.assign(await startDenyingTemporal(), { greets: true });
});
afterAll(() => server.close());

async function askedBy(address: string): Promise<string> {
  const { connection } = await connectWorker({ address, env: {} });
  try {
    return await clusterIdOf(connection);
  } finally {
    await connection.close();
  }
}

it('a cluster is named by its id', async () => {
  await expect(askedBy(inject('temporal').address)).resolves.toMatch(/^[0-9a-f-]{36}$/);
});

it.each([
  { name: 'has no such call', code: 12 },
  { name: 'tells it to no role of a namespace alone', code: 7 },
])('a cluster that $name is unknown', async ({ code }) => {
  server.code = code;
  await expect(askedBy(server.address)).resolves.toBe('unknown');
});

it.each([
  { name: 'does not know the credentials at that moment', code: 16, told: 'ServerRefused' },
  { name: 'is away', code: 14, told: 'ServerUnavailable' },
])('a server that $name has no name: whoever started then would be another owner', async ({ code, told }) => {
  server.code = code;
  await expect(askedBy(server.address)).rejects.toMatchObject({ name: 'TokenError', code: told });
});

it('a server that is too busy to tell is no unknown one', async () => {
  const details = 'namespace rate limit exceeded';
  const busy = Object.assign(new Error(details), { code: 8, details, metadata: {} });
  const workflowService = { getClusterInfo: () => Promise.reject(busy) };
  await expect(clusterIdOf({ workflowService } as never)).rejects.toThrow(details);
});
