import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createConnections, type ManagedConnections } from '../../src/connections/connections.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig, type Loaded } from '../../src/config/load.js';
import { silentLog } from '../../src/drivers.js';
import { vaultNameOf } from '../../src/tokens.js';
import { newFolder } from '../support/folder.js';
import { testRegistries } from './drivers.js';

let folder: string;
beforeEach(async () => {
  folder = join(await newFolder(), 'conf');
  await mkdir(folder);
});

async function load(...texts: string[]): Promise<Loaded> {
  for (const [index, text] of texts.entries()) await writeFile(join(folder, `${index}.yaml`), `version: 1\n${text}`);
  return loadConfig({ paths: [folder], registries: testRegistries(), lenient: true });
}

async function soundOf(...texts: string[]): Promise<Config> {
  const loaded = await load(...texts);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return loaded.config;
}

const keysOf = ({ tokens }: Config) => tokens.map(({ key }) => key);
const pathsOf = ({ worker }: Config) => worker.problems.map(({ path, code }) => `${path} ${code}`);
const vaults = 'vaults: { local: { driver: box }, eu: { driver: box } }\n';

describe('what is sound of a configuration', () => {
  it('is all of it, where nothing is wrong', async () => {
    const config = await soundOf(`${vaults}tokens: { dev/a: { issuer: by-hand } }\n`);
    expect({ keys: keysOf(config), left: [...config.leftOut], problems: pathsOf(config) }).toEqual({
      keys: ['dev/a'],
      left: [],
      problems: [],
    });
  });

  it('is every token but the one with a mistake', async () => {
    const tokens =
      'tokens:\n  dev/a: { issuer: by-hand, vault: eu }\n  dev/b: { issuer: by-hand, vault: eu, ownr: web }\n';
    const config = await soundOf(`${vaults}${tokens}`);
    expect(keysOf(config)).toEqual(['dev/a']);
    expect(pathsOf(config)).toEqual(['tokens.dev/b.ownr UnknownKey']);
    expect(vaultNameOf(config, 'dev/a')).toBe('eu');
    // Its declaration names another vault than an undeclared token would get.
    expect(() => vaultNameOf(config, 'dev/b')).toThrow(/dev\/b\.ownr: unknown key ownr, did you mean owner\?/);
  });

  it.each([
    ['is empty', 'dev/b:'],
    ['stands in two files', 'dev/b: { issuer: by-hand }', 'tokens: { dev/b: { issuer: by-hand, vault: eu } }\n'],
    [
      'has a set of sinks with a mistake',
      'dev/b: { issuer: by-hand, vault: eu, sinks: [ci] }',
      'sinkSets: { ci: [ci] }\n',
    ],
  ])('is not a token that %s', async (_name, token, other = '') => {
    const config = await soundOf(`${vaults}tokens:\n  dev/a: { issuer: by-hand }\n  ${token}\n`, other);
    expect(keysOf(config)).toEqual(['dev/a']);
    expect(() => vaultNameOf(config, 'dev/b')).toThrow(expect.objectContaining({ code: 'ConfigInvalid' }));
  });

  it('is no token at all, where defaults have a mistake: they may name its vault', async () => {
    const config = await soundOf(
      `${vaults}defaults: { vault: eu, ownr: web }\ntokens: { dev/a: { issuer: by-hand } }\n`,
    );
    expect(keysOf(config)).toEqual([]);
    expect(() => vaultNameOf(config, 'dev/a')).toThrow(/defaults\.ownr/);
  });

  it('is a token whose sink another one would overwrite, too', async () => {
    const sinks = 'sinks: { files: { driver: folder, root: out } }\n';
    const token = '{ issuer: by-hand, sinks: [{ sink: files, path: same }] }';
    const config = await soundOf(`${vaults}${sinks}tokens:\n  dev/a: ${token}\n  dev/b: ${token}\n`);
    expect(pathsOf(config)).toEqual(['tokens.dev/b.sinks[0] PlaceTaken']);
    expect(keysOf(config)).toEqual(['dev/a', 'dev/b']);
  });

  it('does not tell the vault of an undeclared token, where a vault was left out', async () => {
    const config = await soundOf('vaults: { here: { driver: box }, eu: { driver: box, pth: x } }\n');
    expect([...config.worker.vaults.keys()]).toEqual(['here']);
    expect(() => vaultNameOf(config, 'dev/a')).toThrow(/vaults\.eu\.pth/);
  });

  it('is every receiver of notices, and the log in place of one with a mistake', async () => {
    const { worker } = await soundOf(`${vaults}notify: [{ webhook: 'https://here.example' }, { webhok: x }]\n`);
    expect(worker.notify.map(({ notifier }) => notifier)).toEqual(['webhook', 'log']);
  });

  const unread: readonly (readonly [string, ...string[]])[] = [
    ['that is not YAML', 'tokens: {'],
    ['with a section that is no map', 'vaults: [local]\n'],
    ['with a section that nobody knows', 'valuts: { local: { driver: box } }\n'],
    ['of another version', 'tokens: {}\n', 'version: 2\n'],
  ];
  it.each(unread)('is nothing of a file %s', async (_name, ...texts) => {
    expect(await load(texts.join(''))).toMatchObject({ ok: false, problems: [expect.anything()] });
  });

  it.each(unread)('is what other files have for the worker, beside a file %s', async (_name, ...texts) => {
    const config = await soundOf(`${vaults}tokens: { dev/a: { issuer: by-hand, vault: eu } }\n`, texts.join(''));
    expect([...config.worker.vaults.keys()]).toEqual(['local', 'eu']);
    expect(config.worker.problems).toMatchObject([{ file: join(folder, '1.yaml') }]);
    // The defaults of that file, or its vaults, may have made it another token.
    expect(keysOf(config)).toEqual([]);
    for (const key of ['dev/a', 'dev/b'])
      expect(() => vaultNameOf(config, key)).toThrow(expect.objectContaining({ code: 'ConfigInvalid' }));
  });

  it('is no connection that such a file declares, too', async () => {
    const { worker } = await soundOf(vaults, 'valuts: {}\nvaults: { eu: { driver: box, path: other.db } }\n');
    expect([...worker.vaults.keys()]).toEqual(['local']);
  });

  it('is nothing where no file can be read', async () => {
    expect(await load('tokens: {', 'vaults: [local]\n')).toMatchObject({ ok: false });
  });
});

describe('connections of it', () => {
  let connections: ManagedConnections;
  const open = async (text: string): Promise<void> => {
    const { worker } = await soundOf(text);
    connections = createConnections({
      config: worker,
      deps: { fetch, now: Date.now, baseDir: folder, env: {}, log: silentLog },
    });
  };

  it('open, but for those with a mistake, which is told', async () => {
    await open('vaults: { local: { driver: box }, eu: { driver: box, pth: x } }\n');
    expect(await connections.vault('local', 'dev')).toBeDefined();
    await expect(connections.vault('eu', 'dev')).rejects.toMatchObject({
      code: 'PolicyDenied',
      message: 'the declaration of vault eu has a problem',
      do: 'correct it; what is wrong: tokenkeeper doctor, or the log of the worker’s start',
    });
    await expect(connections.vault('us', 'dev')).rejects.toMatchObject({ message: 'this worker has no vault us' });
    await connections.close();
  });

  it('are not taken from the first of two files that declare the same name', async () => {
    const { worker } = await soundOf(vaults, 'vaults: { eu: { driver: box, path: other.db } }\n');
    expect([...worker.vaults.keys()]).toEqual(['local']);
  });
});
