import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/drivers.js';
import type { Vault } from '../../src/vaults/vault.js';
import { issuerContract, sinkContract, vaultContract } from 'temporal-tokenkeeper/testing';
import { acme } from '../../examples/driver/acme-issuer.js';
import { acmeBox } from '../../examples/driver/acme-sink.js';
import { acmeVault } from '../../examples/driver/acme-vault.js';
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

const deps = { fetch, now: Date.now, baseDir: '/', env: {}, log: silentLog };

async function startVault() {
  const server = await startAcme();
  const settings = { url: server.url, apiKey: server.adminKey, key: randomBytes(32).toString('base64url') };
  const open = (changed?: object) => acmeVault.open(acmeVault.connection.parse({ ...settings, ...changed }), deps);
  return { server, open };
}

vaultContract('acme-vault', async () => {
  const { server, open } = await startVault();
  return { vault: await open(), reopen: open, close: () => server.close() };
});

describe('what acme says is a yes or a no only where it is one', () => {
  let server: Acme;
  beforeAll(async () => {
    server = await startAcme();
  });
  afterAll(() => server.close());

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

describe('the vault in acme’s store', () => {
  let server: Acme;
  let open: (changed?: object) => Promise<Vault>;
  beforeEach(async () => {
    ({ server, open } = await startVault());
  });
  afterEach(() => server.close());

  it('is one vault also for those who open it at once for the first time', async () => {
    const vaults = await Promise.all(Array.from({ length: 10 }, () => open()));
    expect(new Set(vaults.map(({ id }) => id)).size).toBe(1);
    expect(new Set(vaults.map((vault) => vault.fingerprint('secret'))).size).toBe(1);
  });

  it('shows acme no text', async () => {
    const vault = await open();
    await vault.compareAndSet('production/a', 0, '{"value":"hush"}');
    const stored = [...server.documents.values()].map(({ text }) => text);
    expect(stored).toHaveLength(2);
    for (const text of stored) {
      const { sealed } = JSON.parse(text) as { sealed: string };
      expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toMatch(/hush|value|fingerprintKey/);
    }
  });

  it('does not open with another key, which writes nothing', async () => {
    await open();
    const before = structuredClone(server.documents);
    await expect(open({ key: randomBytes(32).toString('base64url') })).rejects.toMatchObject({ code: 'VaultWrongKey' });
    expect(server.documents).toEqual(before);
  });

  it('does not open what was moved to another name or revision', async () => {
    const vault = await open();
    await vault.compareAndSet('production/a', 0, '"a"');
    await vault.compareAndSet('production/b', 0, '"b"');
    const [a = '', b = ''] = ['a', 'b'].map((name) => `/documents/${encodeURIComponent(`production/${name}`)}`);
    const texts = [a, b].map((path) => server.documents.get(path)?.text ?? '');
    for (const moved of [texts[0] ?? '', (texts[1] ?? '').replace('"revision":1', '"revision":2')]) {
      server.documents.set(b, { version: 9, text: moved });
      await expect(vault.read('production/b')).rejects.toMatchObject({ code: 'VaultDamaged' });
    }
    server.documents.set(b, { version: 9, text: texts[1] ?? '' });
    expect(await vault.read('production/b')).toEqual({ revision: 1, text: '"b"' });
  });

  it.each([
    [401, 'VaultLocked'],
    [429, 'VaultUnavailable'],
    [503, 'VaultUnavailable'],
  ])('%i is %s, never "nothing is there"', async (status, code) => {
    const vault = await open();
    server.failAll(status);
    for (const call of [
      () => vault.read('production/a'),
      () => vault.compareAndSet('production/a', 0, '"1"'),
      () => vault.list(''),
      () => vault.remove('production/a', 1),
      () => open(),
    ])
      await expect(call()).rejects.toMatchObject({ name: 'TokenError', code });
  });
});
