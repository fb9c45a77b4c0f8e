import { TransportError } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { connectWorker } from '../../src/connect-worker.js';
import { startDenyingTemporal } from '../support/denying-temporal.js';
import { quietRuntime } from '../support/temporal-quiet.js';

it('what keeps a worker from connecting, though a client does, is told as it came: Temporal has answered', async () => {
  quietRuntime();
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
