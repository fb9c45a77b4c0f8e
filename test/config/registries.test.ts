import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInRegistries, registriesWith } from '../../src/config/registries.js';
import { silentLog } from '../../src/drivers.js';
import { defineIssuer } from '../../src/issuers/issuer.js';
import { defineSink } from '../../src/sinks/sink.js';
import { connectionsOf, readConfig } from '../../src/read-config.js';
import { testRegistries } from './drivers.js';
import { newFolder } from '../support/folder.js';

describe('drivers given in code', () => {
  const { issuers, sinks, vaults } = testRegistries();

  it('stand beside those that are built in', () => {
    const registries = registriesWith({ issuers: [issuers['idp']!], sinks: [sinks['folder']!] });
    expect(Object.keys(registries.issuers)).toEqual([...Object.keys(builtInRegistries.issuers), 'idp']);
    expect(Object.keys(registries.sinks)).toEqual([...Object.keys(builtInRegistries.sinks), 'folder']);
    expect(registries.vaults).toBe(builtInRegistries.vaults);
  });

  it.each([
    [
      'a name that is taken',
      () => ({ issuers: [defineIssuer({ ...issuers['idp']!, name: 'oauth2' })] }),
      'the issuer driver oauth2 is there already',
    ],
    [
      'a driver twice',
      () => ({ sinks: [sinks['folder']!, sinks['folder']!] }),
      'the sink driver folder is there already',
    ],
    ['what define* did not make', () => ({ issuers: [{ ...issuers['idp']! }] }), 'a driver is no issuer driver'],
    ['a sink as an issuer', () => ({ issuers: [sinks['folder'] as never] }), 'a driver is no issuer driver'],
    [
      'a driver that lacks a part',
      () => ({ sinks: [defineSink({ ...sinks['folder']!, place: undefined as never })] }),
      'the sink driver folder has no function place',
    ],
  ])('%s is refused', (_, drivers, message) => {
    expect(() => registriesWith(drivers())).toThrow(expect.objectContaining({ code: 'ConfigInvalid', message }));
  });

  it('are known to all that is made of the configuration that was read with them', async () => {
    const folder = await newFolder();
    const path = join(folder, 'tokens.yaml');
    await writeFile(path, 'version: 1\nvaults: { mine: { driver: box } }\ntokens: { dev/a: { issuer: by-hand } }\n');
    await expect(readConfig([path])).rejects.toMatchObject({ code: 'ConfigInvalid' });
    const { config, baseDir } = await readConfig([path], {
      drivers: { vaults: [vaults['box']!], issuers: [issuers['by-hand']!] },
    });
    const connections = connectionsOf({ config, baseDir }, { log: silentLog });
    expect((await connections.vault('mine', 'dev')).id).toBe('vault of box.db');
    expect(await connections.issuer('by-hand', 'dev/a', {})).toMatchObject({ driver: 'by-hand' });
    await connections.close();
  });
});
