import { connect } from 'node:net';
import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type * as provider from '../../demo/provider/provider.js';
import { startServer } from '../../demo/provider/server.js';
import { unusedPort } from '../support/unused-port.js';

// As on a busy machine, where it has a port long before it has its keys.
vi.mock('../../demo/provider/provider.js', async (original) => {
  const actual = await original<typeof provider>();
  const createProvider: typeof actual.createProvider = async (options) => {
    await sleep(200);
    return actual.createProvider(options);
  };
  return { ...actual, createProvider };
});

/** Connects and asks as soon as somebody listens. @returns the first line of the answer */
async function askAtOnce(port: number): Promise<string> {
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      socket.write('GET /control/counts HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
      const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
      return answer.toString('utf8').split('\r\n', 1)[0] ?? '';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    } finally {
      socket.destroy();
    }
    await nextTurn();
  }
}

test('a request that comes while the provider is being made is answered: the demo polls for it, and waited for minutes', async () => {
  const port = await unusedPort();
  const asking = askAtOnce(port);
  const server = await startServer({ port, clientSecret: 'of-a-test' });
  try {
    expect(await asking).toBe('HTTP/1.1 200 OK');
  } finally {
    await server.close();
  }
});

test('a taken port is told, and nothing is left behind', async () => {
  const first = await startServer({ clientSecret: 'of-a-test' });
  try {
    await expect(startServer({ port: first.port, clientSecret: 'of-a-test' })).rejects.toThrow('EADDRINUSE');
  } finally {
    await first.close();
  }
});
