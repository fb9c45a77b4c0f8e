import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connectWorker } from '../../src/connect-worker.js';
import { namespaceIdsOf } from '../../src/connect.js';
import type { NamespaceIds } from '../../src/core/record/record.js';
import { startDenyingTemporal, type DenyingTemporal } from '../support/denying-temporal.js';
import { withTimeSkipping } from '../support/temporal-time-skipping.js';

let server: DenyingTemporal;
beforeAll(async () => {
  server = Object.assign(await startDenyingTemporal(), { greets: true });
});
afterAll(() => server.close());
const skipping = withTimeSkipping();

const uuid = /^[0-9a-f-]{36}$/;

async function askedBy(address: string, namespace = 'default'): Promise<NamespaceIds> {
  const { connection } = await connectWorker({ address, env: {} });
  try {
    return await namespaceIdsOf(connection, namespace);
  } finally {
    await connection.close();
  }
}

it('a namespace and its cluster are named by their ids', async () => {
  const { address, namespace } = inject('temporal');
  const ids = await askedBy(address, namespace);
  expect(ids).toMatchObject({
    namespace,
    namespaceId: expect.stringMatching(uuid),
    cluster: expect.stringMatching(uuid),
  });
});

it('the time-skipping server tells the same at each time', async () => {
  const { connection } = skipping();
  const ids = await namespaceIdsOf(connection, 'default');
  expect(ids.cluster).toBe('unknown');
  expect(await namespaceIdsOf(connection, 'default')).toEqual(ids);
});

it('a namespace that is not there is an error', async () => {
  await expect(askedBy(inject('temporal').address, 'nowhere')).rejects.toMatchObject({ code: 'ConfigInvalid' });
});

it.each([
  { name: 'has no such calls', code: 12 },
  { name: 'tells it to nobody of these permissions', code: 7 },
])('a server that $name has an unknown cluster', async ({ code }) => {
  server.code = code;
  await expect(askedBy(server.address)).resolves.toEqual({ cluster: 'unknown', namespace: 'default' });
});

it.each([
  { name: 'does not know the credentials at that moment', code: 16, told: 'ServerRefused' },
  { name: 'is away', code: 14, told: 'ServerUnavailable' },
])('a server that $name has no name: whoever started then would be another owner', async ({ code, told }) => {
  server.code = code;
  await expect(askedBy(server.address)).rejects.toMatchObject({ name: 'TokenError', code: told });
});

it('who may know the namespace, but not its cluster, knows enough', async () => {
  const denied = Object.assign(new Error('no'), { code: 7, details: 'no', metadata: {} });
  const workflowService = {
    getClusterInfo: () => Promise.reject(denied),
    describeNamespace: async () => ({ namespaceInfo: { id: 'its-id' } }),
  };
  const ids = await namespaceIdsOf({ workflowService } as never, 'default');
  expect(ids).toEqual({ cluster: 'unknown', namespace: 'default', namespaceId: 'its-id' });
});

it.each(['getClusterInfo', 'describeNamespace'])('a server that is too busy for %s is no unknown one', async (call) => {
  const details = 'namespace rate limit exceeded';
  const busy = Object.assign(new Error(details), { code: 8, details, metadata: {} });
  const workflowService = { getClusterInfo: async () => ({}), describeNamespace: async () => ({}) };
  const connection = { workflowService: { ...workflowService, [call]: () => Promise.reject(busy) } };
  await expect(namespaceIdsOf(connection as never, 'default')).rejects.toThrow(details);
});
