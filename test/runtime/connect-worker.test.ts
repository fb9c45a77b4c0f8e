import { TransportError } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { connectWorker } from '../../src/connect-worker.js';
import { startDenyingTemporal } from '../support/denying-temporal.js';

it('an error that keeps a worker but not a client from connecting is passed on unchanged', async () => {
  const server = Object.assign(await startDenyingTemporal(), { refusals: 1 });
  try {
    const refused = await connectWorker({ address: server.address, env: {} }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TransportError);
    // The worker, and the client that asks why.
    expect(server.seen.length).toBeGreaterThan(1);
  } finally {
    await server.close();
  }
});
