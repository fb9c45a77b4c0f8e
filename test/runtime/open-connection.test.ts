import { Connection } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { openConnection } from '../../src/client/open-connection.js';
import { startDenyingTemporal } from '../support/denying-temporal.js';

it('a connection that is refused is not left open', async () => {
  const server = Object.assign(await startDenyingTemporal(), { code: 16, greets: false });
  using close = vi.spyOn(Connection.prototype, 'close');
  try {
    await expect(openConnection({ address: server.address })).rejects.toMatchObject({ code: 'ServerRefused' });
    expect(close).toHaveBeenCalledTimes(1);
  } finally {
    await server.close();
  }
});
