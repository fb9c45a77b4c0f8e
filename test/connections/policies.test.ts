import { expect, it } from 'vitest';
import type { Registries } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { createConnections, type ManagedConnections } from '../../src/connections/connections.js';
import { silentLog } from '../../src/drivers.js';
import { testRegistries, type Journal } from '../config/drivers.js';

const grant = { grant: 'client_credentials' };

function connect(yaml: string, registries: Registries = testRegistries()): ManagedConnections {
  const loaded = parseConfig([{ file: 'tokens.yaml', text: `version: 1\n${yaml}` }], registries);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const deps = { fetch, now: () => 0, baseDir: '/', env: { SECRET: 'client-secret' }, log: silentLog };
  return createConnections({ config: loaded.config.worker, deps });
}

it('a driver’s name opens no issuer that is not declared, unless it needs no connection', async () => {
  const connections = connect('');
  await expect(connections.issuer('idp', 'dev/a', grant)).rejects.toMatchObject({
    code: 'PolicyDenied',
    message: 'this worker has no issuer idp',
  });
  expect(await connections.issuer('by-hand', 'dev/a', {})).toMatchObject({ driver: 'by-hand' });
});

it('an issuer that is declared under the name of such a driver keeps the environments of its declaration', async () => {
  const connections = connect('issuers:\n  by-hand: { driver: by-hand, environment: prod, revokeIsolated: true }\n');
  await expect(connections.issuer('by-hand', 'dev/a', {})).rejects.toMatchObject({ code: 'PolicyDenied' });
  expect(await connections.issuer('by-hand', 'prod/a', {})).toMatchObject({ revokeIsolated: true });
});

it('a vault and a sink of one name are two connections, each with what its driver opened', async () => {
  const journal: Journal = [];
  const yaml = 'vaults:\n  one: { driver: box }\nsinks:\n  one: { driver: folder, root: run }\n';
  const connections = connect(yaml, testRegistries(journal));
  const vault = await connections.vault('one', 'dev');
  await connections.sink('one', 'dev/a', {});
  expect(await connections.vault('one', 'dev')).toBe(vault);
  expect(journal).toEqual(['open box box.db', 'open folder run']);
  await connections.close();
});

it('a connection that was taken out and put back is opened anew: what was opened before is being closed', async () => {
  const journal: Journal = [];
  const registries = testRegistries(journal);
  const connections = connect('vaults:\n  one: { driver: box }\n', registries);
  const { config } = connections;
  await connections.vault('one', 'dev');
  connections.update(connect('', registries).config);
  connections.update(config);
  await connections.vault('one', 'dev');
  expect(journal).toEqual(['open box box.db', 'open box box.db']);
  await connections.close();
});

it('a driver that tells no reissue class, or gives a value for its fingerprint, is refused before anything is issued', async () => {
  const registries = testRegistries();
  const { box } = registries.vaults;
  const { idp } = registries.issuers;
  const open = { vault: box!.open, issuer: idp!.open };
  const careless: Registries = {
    ...registries,
    vaults: {
      box: { ...box!, open: async (...of) => ({ ...(await open.vault(...of)), fingerprint: (secret) => secret }) },
    },
    issuers: {
      idp: { ...idp!, open: async (...of) => ({ ...(await open.issuer(...of)), capabilities: () => ({}) as never }) },
    },
  };
  const yaml =
    'vaults:\n  local: { driver: box }\nissuers:\n  idp: { driver: idp, url: "https://idp.test", clientSecret: "${env:SECRET}" }\n';
  const connections = connect(yaml, careless);
  await expect(connections.vault('local', 'dev')).rejects.toMatchObject({ code: 'ConfigInvalid' });
  const { issuer, parameters } = await connections.issuer('idp', 'dev/a', grant);
  expect(() => issuer.capabilities(parameters)).toThrow('the capability mintable of the issuer driver idp');
});
