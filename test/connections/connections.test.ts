import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnections, type ManagedConnections } from '../../src/connections/connections.js';
import type { Registries, WorkerConfig } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { silentLog, type DriverDeps } from '../../src/drivers.js';
import { testRegistries, type Journal } from '../config/drivers.js';
import { newFolder } from '../support/folder.js';
import { waitFor } from '../support/wait-for.js';

const text = `version: 1
vaults:
  local: { driver: box, path: "\${env:BOX}" }
  keyed: { driver: box, key: "\${file:key}" }
  far: { driver: box, environment: [prod] }
issuers:
  idp:
    driver: idp
    url: https://idp.test
    clientSecret: \${file:secret}
    environment: dev
    revokeIsolated: true
    grants: { crm: "\${file:grant}", other: "\${file:missing}" }
sinks:
  files: { driver: folder, root: run, holdsFor: 10s }
  far: { driver: folder, root: far, environment: prod }
`;

let baseDir: string;
let journal: Journal;
let registries: Registries;
let connections: ManagedConnections;
let env: Record<string, string>;
/** A configuration that is there, but was not read yet. */
let changed: string | null;

function workerConfig(yaml: string): WorkerConfig {
  const loaded = parseConfig([{ file: 'tokens.yaml', text: yaml }], registries);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.config.worker;
}

const put = (name: string, value: string) => writeFile(join(baseDir, name), value);

beforeEach(async () => {
  baseDir = await newFolder();
  await put('secret', 'client-secret-canary\n');
  await put('grant', 'grant-canary\n');
  await put('key', 'key-canary');
  env = { BOX: 'a.db' };
  journal = [];
  changed = null;
  registries = testRegistries(journal);
  const deps: DriverDeps = { fetch, now: () => 0, baseDir, env, log: silentLog };
  connections = createConnections({
    config: workerConfig(text),
    deps,
    idleMs: 20,
    lookAgain: async () => {
      if (changed !== null) connections.update(workerConfig(changed));
    },
  });
});
afterEach(async () => {
  await connections.close();
});

const grant = { grant: 'refresh_token', initialGrant: 'crm' };

describe('connections', () => {
  it('open a driver once, with the values of its references', async () => {
    const [one, two] = await Promise.all([connections.vault('local', 'dev'), connections.vault('local', 'prod')]);
    expect(one.id).toBe('vault of a.db');
    expect(two).toBe(one);
    expect(journal).toEqual(['open box a.db']);
  });

  it('open a driver again where its name stands for another one', async () => {
    const config = workerConfig(text);
    await connections.vault('local', 'dev');
    connections.update({ ...config, drivers: testRegistries(journal) });
    await connections.vault('local', 'dev');
    expect(journal.filter((line) => line.startsWith('open'))).toEqual(['open box a.db', 'open box a.db']);
    connections.update(config);
    connections.update({ ...config, drivers: { ...registries, vaults: {} } });
    await expect(connections.vault('local', 'dev')).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: 'no driver box',
    });
  });

  it('open an issuer for a token: its parameters, its first grant, the traits of the connection', async () => {
    const open = await connections.issuer('idp', 'dev/a', grant);
    expect(open).toMatchObject({ driver: 'idp', parameters: grant, revokeIsolated: true });
    expect(open.firstGrant?.reveal()).toBe('grant-canary');
    expect((await connections.issuer('idp', 'dev/a', { grant: 'client_credentials' })).firstGrant).toBeNull();
  });

  it('open a sink for a token: its target, and how long consumers hold a value', async () => {
    const open = await connections.sink('files', 'dev/a', { path: 'x' });
    expect(open).toMatchObject({ target: { path: 'x' }, holdsForMs: 10_000 });
    expect(
      await open.sink.read({
        key: 'dev/a',
        target: {},
        takeOver: false,
        fingerprint: () => '0'.repeat(16),
        signal: new AbortController().signal,
      }),
    ).toEqual({ found: 'nothing' });
  });

  it('serve an issuer that needs no declaration under the name of its driver', async () => {
    expect(await connections.issuer('by-hand', 'dev/a', {})).toMatchObject({
      driver: 'by-hand',
      firstGrant: null,
      revokeIsolated: false,
    });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['a vault that is not there', () => connections.vault('nowhere', 'dev'), 'this worker has no vault nowhere'],
    [
      'an issuer that is not there',
      () => connections.issuer('nowhere', 'dev/a', {}),
      'this worker has no issuer nowhere',
    ],
    [
      'a driver that needs a connection',
      () => connections.issuer('constructor', 'dev/a', {}),
      'this worker has no issuer constructor',
    ],
    ['a sink that is not there', () => connections.sink('nowhere', 'dev/a', {}), 'this worker has no sink nowhere'],
    [
      'a vault of another environment',
      () => connections.vault('far', 'dev'),
      'vault far does not serve the environment dev',
    ],
    [
      'an issuer of another environment',
      () => connections.issuer('idp', 'prod/a', grant),
      'issuer idp does not serve the environment prod',
    ],
    [
      'a sink of another environment',
      () => connections.sink('far', 'dev/a', {}),
      'sink far does not serve the environment dev',
    ],
  ])('refuse %s, and open nothing', async (_, ask, message) => {
    await expect(ask()).rejects.toMatchObject({ code: 'PolicyDenied', message });
    expect(journal).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a vault', () => connections.vault('new', 'dev')],
    ['a vault that served another environment', () => connections.vault('far', 'dev')],
    ['an issuer', () => connections.issuer('new', 'dev/a', grant)],
    ['a sink', () => connections.sink('new', 'dev/a', { path: 'a' })],
  ])('look at the configuration again before they refuse %s that it has now', async (_, ask) => {
    changed = text
      .replace('local:', 'new:')
      .replace('idp:', 'new:')
      .replace('files:', 'new:')
      .replace('[prod]', '[dev]');
    expect(await ask()).toBeTruthy();
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a target of the wrong kind',
      () => connections.sink('files', 'dev/a', { path: 7 }),
      'path of the target of dev/a in files: expected text, found a number',
    ],
    [
      'a target that is not known',
      () => connections.sink('files', 'dev/a', { pth: 'x' }),
      'the target of dev/a in files has a key that is not known',
    ],
    [
      'a parameter that is missing',
      () => connections.issuer('idp', 'dev/a', {}),
      'grant of the parameters of dev/a: grant is missing',
    ],
  ])('refuse %s that came through Temporal', async (_, ask, message) => {
    await expect(ask()).rejects.toMatchObject({ code: 'ConfigInvalid', message });
  });

  it('name a setting that a reference brought wrong, and never its value', async () => {
    connections.update(workerConfig(text.replace('https://idp.test', '${env:URL}')));
    env['URL'] = 'canary';
    const error: unknown = await connections.issuer('idp', 'dev/a', grant).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ConfigInvalid', message: 'url of issuer idp: not a URL' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
  });

  it('name a reference that has no value', async () => {
    await unlink(join(baseDir, 'secret'));
    await expect(connections.issuer('idp', 'dev/a', grant)).rejects.toMatchObject({
      code: 'ReferenceUnresolved',
      message: '${file:secret} does not exist',
    });
  });

  it('let a first grant be missing until somebody needs it', async () => {
    const open = await connections.issuer('idp', 'dev/a', { ...grant, initialGrant: 'other' });
    expect(() => open.firstGrant).toThrow('${file:missing} does not exist');
    await put('missing', 'second-canary');
    expect((await connections.issuer('idp', 'dev/a', { ...grant, initialGrant: 'other' })).firstGrant?.reveal()).toBe(
      'second-canary',
    );
    expect(journal).toEqual(['open idp https://idp.test']);
  });

  it('try again what failed to open', async () => {
    env['BOX'] = 'flaky.db';
    await expect(connections.vault('local', 'dev')).rejects.toMatchObject({ code: 'VaultUnavailable' });
    await connections.vault('local', 'dev');
    await connections.vault('local', 'dev');
    expect(journal).toEqual(['open box flaky.db', 'open box flaky.db']);
  });

  it('pass on what the driver says of its settings', async () => {
    await put('key', 'refused');
    await expect(connections.vault('keyed', 'dev')).rejects.toMatchObject({ code: 'VaultWrongKey' });
  });
});

describe('connections whose settings change', () => {
  it('open the driver again when a file that it refers to changed, and close the old one', async () => {
    await connections.vault('keyed', 'dev');
    await put('key', 'another');
    await connections.vault('keyed', 'dev');
    await waitFor(() => journal, { limitMs: 45_000, until: ({ length }) => length === 3, describe: String });
    expect(journal).toEqual(['open box box.db', 'open box box.db', 'close box box.db']);
  });

  it('keep a driver open whose resolved settings stay the same, whatever changes around it', async () => {
    const before = await connections.vault('local', 'dev');
    await connections.issuer('idp', 'dev/a', grant);
    await put('grant', 'a new grant');
    await put('secret', 'client-secret-canary');
    connections.update(workerConfig(text.replace('"${env:BOX}"', 'a.db').replace('holdsFor: 10s', 'holdsFor: 20s')));
    expect(await connections.vault('local', 'dev')).toBe(before);
    expect((await connections.issuer('idp', 'dev/a', grant)).firstGrant?.reveal()).toBe('a new grant');
    expect((await connections.sink('files', 'dev/a', {})).holdsForMs).toBe(20_000);
    expect(journal).toEqual(['open box a.db', 'open idp https://idp.test', 'open folder run']);
  });

  it('close what the new configuration does not name', async () => {
    await connections.vault('local', 'dev');
    await connections.issuer('by-hand', 'dev/a', {});
    connections.update(workerConfig('version: 1\n'));
    await waitFor(() => journal, {
      limitMs: 45_000,
      until: (lines) => lines.includes('close box a.db'),
      describe: String,
    });
    await expect(connections.vault('local', 'dev')).rejects.toMatchObject({ code: 'PolicyDenied' });
    expect(journal).not.toContain('close idp by-hand');
  });

  it('close everything at the end, the replaced ones too, each once', async () => {
    await connections.vault('local', 'dev');
    env['BOX'] = 'b.db';
    await connections.vault('local', 'dev');
    await connections.sink('files', 'dev/a', {});
    await connections.close();
    await connections.close();
    expect(journal.filter((line) => line.startsWith('close')).sort()).toEqual([
      'close box a.db',
      'close box b.db',
      'close folder run',
    ]);
  });
});
