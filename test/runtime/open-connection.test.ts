import { Connection } from '@temporalio/client';
import type * as timers from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { openConnection } from '../../src/client/open-connection.js';
import { connectClient } from '../../src/connect.js';
import { clientSpans } from '../../src/client/spans.js';
import { startDenyingTemporal } from '../support/denying-temporal.js';
import { Authority, startTlsTemporal } from '../support/tls-temporal.js';
import { waitFor } from '../support/wait-for.js';

const waits = vi.hoisted(() => [] as { readonly ms: number | undefined; readonly signal: AbortSignal | undefined }[]);

// A look that is left to come would keep a short command waiting for it.
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof timers>();
  const setTimeout: typeof real.setTimeout = (ms, value, options) => {
    waits.push({ ms, signal: options?.signal });
    return real.setTimeout(ms, value, options);
  };
  return { ...real, setTimeout };
});
afterEach(() => void waits.splice(0));

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

it('nothing stays open to a server that refuses a client: it would keep the program from ending', async () => {
  const server = Object.assign(await startDenyingTemporal(), { code: 16, greets: false });
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = sockets();
  try {
    const refused = { code: 'ServerRefused' };
    await expect(connectClient({ address: server.address, own: true })).rejects.toMatchObject(refused);
    await waitFor(sockets, { limitMs: 45_000, until: (open) => open <= before, describe: (open) => `${open} sockets` });
  } finally {
    await server.close();
  }
});

it('a server that has answered is not looked at', async () => {
  const authority = await Authority.create('ours');
  const { address, close } = await startTlsTemporal({ certificate: await authority.sign(), version: 'TLSv1.3' });
  const tls = { serverRootCACertificate: Buffer.from(authority.own.cert) };
  try {
    await expect(openConnection({ address, tls })).rejects.toMatchObject({ code: 'ServerRefused' });
    const look = waits.filter(({ ms }) => ms === clientSpans.tlsLookAfterMs);
    expect(look.map(({ signal }) => signal?.aborted)).toEqual([true]);
  } finally {
    await close();
  }
});

it('an API key means TLS: a certificate that is not trusted is told, not that none is configured', async () => {
  const { own } = await Authority.create('theirs');
  const { address, close } = await startTlsTemporal({ certificate: own, version: 'TLSv1.3' });
  try {
    const opened = openConnection({ address, apiKey: 'key' });
    await expect(opened).rejects.toMatchObject({ message: expect.stringMatching(/is not trusted: /) as unknown });
  } finally {
    await close();
  }
});
