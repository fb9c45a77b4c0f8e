import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/drivers.js';
import { issuerContract, sinkContract } from 'temporal-tokenkeeper/testing';
import { acme } from '../../examples/driver/acme-issuer.js';
import { acmeBox } from '../../examples/driver/acme-sink.js';
import { startAcme, type Acme } from '../support/acme.js';
import { Secret } from '../../src/core/secret.js';

// As in a package of its own: the drivers and the suites come by the public names.

issuerContract('acme', async () => {
  const server = await startAcme();
  return {
    driver: acme,
    connection: { url: server.url, adminKey: server.adminKey },
    parameters: { project: 'contract' },
    works: async (value) => server.accepts(value),
    kill: async (value) => server.kill(value),
    mints: async () => server.count(),
    failNext: async () => server.failNext(503),
    close: () => server.close(),
  };
});

sinkContract('acme-box', async () => {
  const server = await startAcme();
  return {
    driver: acmeBox,
    connection: { url: server.url, apiKey: server.adminKey },
    held: async (key) => server.boxes.get(key)?.value ?? null,
    snapshot: async () => structuredClone(server.boxes),
    plant: async (key, value) => void server.boxes.set(key, { value, note: null }),
    breakIt: async () => server.failAll(503),
    close: () => server.close(),
  };
});

describe('what acme says is a yes or a no only where it is one', () => {
  let server: Acme;
  beforeAll(async () => {
    server = await startAcme();
  });
  afterAll(() => server.close());

  const deps = { fetch, now: Date.now, baseDir: '/', env: {}, log: silentLog };
  const asked = { key: 'staging/acme', scopes: [], signal: new AbortController().signal };

  it.each([
    [400, 'UnexpectedAnswer'],
    [401, 'InvalidClient'],
    [403, 'ProviderRefused'],
    [429, 'RateLimited'],
    [503, 'ProviderUnavailable'],
  ])('%i is %s, and the token is neither dead nor revoked', async (status, code) => {
    const connection = acme.connection.parse({ url: server.url, adminKey: server.adminKey });
    const issuer = await acme.open(connection, deps);
    const parameters = { project: 'one' };
    const request = { ...asked, parameters, generation: 1, continuation: null, current: null, handle: null };
    const { value, handle = null } = await issuer.issue(request);
    const held = { ...asked, parameters, value, continuation: null, handle };
    for (const call of [() => issuer.verify(held), () => issuer.revoke(held), () => issuer.issue(request)]) {
      server.failNext(status);
      await expect(call()).rejects.toMatchObject({ code });
    }
    expect(await issuer.verify(held)).toMatchObject({ active: true });
  });

  it.each([
    [403, 'SinkRefused'],
    [429, 'SinkUnavailable'],
    [503, 'SinkUnavailable'],
  ])('%i of its boxes is %s', async (status, code) => {
    const sink = await acmeBox.open(acmeBox.connection.parse({ url: server.url, apiKey: server.adminKey }), deps);
    const request = { ...asked, target: {}, takeOver: false, fingerprint: (value: string) => value };
    server.failNext(status);
    await expect(sink.read(request)).rejects.toMatchObject({ code });
    await sink.write({ ...request, generation: 1, value: new Secret('v'), expiresAt: null, removedAt: null });
    expect(await sink.read(request)).toMatchObject({ found: 'value', ours: true, generation: 1 });
  });
});
