import { cp, mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createConnections } from '../../src/connections/connections.js';
import { loadConfig, type Loaded, type LoadOptions } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { builtInRegistries } from '../../src/config/registries.js';
import { silentLog } from '../../src/drivers.js';
import { bareModule, issuerModule, otherCopy, zodUrl } from './driver-module-texts.js';
import { newFolder } from '../support/folder.js';

let folder: string;
beforeEach(async () => {
  folder = await newFolder('tokenkeeper-modules-');
  await write({ 'node_modules/temporal-tokenkeeper/index.mjs': otherCopy });
  await write({ 'node_modules/temporal-tokenkeeper/package.json': '{"exports":"./index.mjs"}' });
});

type Files = Readonly<Record<string, string>>;

async function write(files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function load(files: Files, options: Partial<LoadOptions> = {}): Promise<Loaded> {
  await write(files);
  return loadConfig({ paths: [join(folder, 'tokens.yaml')], registries: builtInRegistries, ...options });
}

const problemsOf = (loaded: Loaded): string[] =>
  loaded.ok ? [] : loaded.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''));

const start = 'version: 1\nvaults: { local: { driver: embedded } }\n';
const connected = `${start}drivers: [./acme.mjs]
issuers:
  acme: { driver: acme, url: 'https://acme.test', adminKey: '\${env:KEY}' }
tokens:
  dev/a: { issuer: acme, project: one }
`;

describe('a module of drivers is refused', () => {
  const rows: [name: string, files: Files, problem: string][] = [
    [
      'that is not there',
      {},
      './m.mjs: there is no such file (DriverNotFound)\n  do: write the path of a file, from the folder of this one, or install the package there',
    ],
    [
      'that is a folder',
      { 'm.mjs/index.js': '' },
      './m.mjs: there is no such file (DriverNotFound)\n  do: write the path of a file, from the folder of this one, or install the package there',
    ],
    [
      'that throws, and its words are not shown',
      { 'm.mjs': "throw new TypeError('hunter2');" },
      './m.mjs: throws at its import: TypeError (DriverFailed)\n  do: correct the module, then start again',
    ],
    [
      'that throws something else, whose name is not shown either',
      { 'm.mjs': "throw Object.assign(new Error('hunter2'), { name: 'hunter2', code: 'hunter2' });" },
      './m.mjs: throws at its import: Error (DriverFailed)\n  do: correct the module, then start again',
    ],
    [
      'that throws an error of the system',
      { 'm.mjs': "import { readFileSync } from 'node:fs'; readFileSync('/nowhere/hunter2');" },
      './m.mjs: throws at its import: Error ENOENT (DriverFailed)\n  do: correct the module, then start again',
    ],
    [
      'that is no JavaScript',
      { 'm.mjs': 'export const = 1;' },
      './m.mjs: is no JavaScript that Node can load, or imports a name that is not exported (DriverFailed)\n  do: correct the module, then start again',
    ],
    [
      'that exports no driver',
      { 'm.mjs': 'export const driver = { name: "acme" }; export default [1, null, () => 1];' },
      './m.mjs: exports no driver (DriverMissing)\n  do: export what defineIssuer, defineSink or defineVault made, by a name or as default',
    ],
    [
      'whose driver has the name of one that is built in',
      { 'm.mjs': issuerModule('oauth2') },
      './m.mjs: the issuer driver oauth2 is there already (DriverTaken)\n  do: give one of them another name, or load one of them',
    ],
    [
      'whose driver was made for another version of this interface',
      { 'm.mjs': bareModule("name: 'acme'", 7) },
      './m.mjs: made for drivers of version 7, this tokenkeeper takes version 1 (DriverIncompatible)\n  do: install versions of tokenkeeper and of the module that fit each other',
    ],
    [
      'whose driver has no good name',
      { 'm.mjs': bareModule("name: 'Acme!'") },
      './m.mjs: the issuer driver has no good name (DriverWrong)\n  do: correct the driver, then start again',
    ],
    [
      'whose driver lacks a function',
      { 'm.mjs': bareModule("name: 'acme', open() {}") },
      './m.mjs: the issuer driver acme has no function isAuthenticationFailure (DriverWrong)\n  do: correct the driver, then start again',
    ],
    [
      'whose driver has a schema of something else than zod 4',
      { 'm.mjs': bareModule("name: 'acme', open() {}, isAuthenticationFailure() {}, connection: { safeParse() {} }") },
      './m.mjs: the issuer driver acme has no connection that is a schema of zod 4 (DriverWrong)\n  do: correct the driver, then start again',
    ],
  ];
  it.each(rows)('%s', async (_, files, problem) => {
    const loaded = await load({ ...files, 'tokens.yaml': `${start}drivers:\n  - ./m.mjs\n` });
    expect(problemsOf(loaded)).toEqual([`tokens.yaml:4:5 drivers[0]: ${problem}`]);
    expect(JSON.stringify(loaded)).not.toContain('hunter2');
  });

  it.each([
    ['a package that is not installed', '@acme/none', 'there is no such package beside this file'],
    ['what a package does not export', '@acme/driver/secret.js', 'the package does not export this'],
  ])('%s', async (_, specifier, message) => {
    const loaded = await load({
      'node_modules/@acme/driver/package.json': '{"name":"@acme/driver","exports":{".":{"import":"./index.js"}}}',
      'tokens.yaml': `${start}drivers: ['${specifier}']\n`,
    });
    expect(problemsOf(loaded)).toEqual([
      expect.stringContaining(`tokens.yaml:3:11 drivers[0]: ${specifier}: ${message} (DriverNotFound)`),
    ]);
  });

  it('whose driver another module has already, and its place is reported', async () => {
    const loaded = await load({
      'a.mjs': issuerModule('acme'),
      'b.mjs': issuerModule('acme'),
      'tokens.yaml': `${start}drivers: [./a.mjs, ./b.mjs]\n`,
    });
    expect(problemsOf(loaded)).toEqual([
      'tokens.yaml:3:20 drivers[1]: ./b.mjs: the issuer driver acme is in ./a.mjs (tokens.yaml:3) already (DriverTaken)\n  do: give one of them another name, or load one of them',
    ]);
  });

  it('and nothing is said of the connections that it was for', async () => {
    const loaded = await load({ 'tokens.yaml': connected });
    expect(problemsOf(loaded)).toEqual([expect.stringContaining('(DriverNotFound)')]);
  });
});

describe('a module of drivers is loaded', () => {
  it('as a default, by names, in a list, from CommonJS and from a package, once each', async () => {
    const cjs = bareModule(
      "name: 'five', open() {}, isAuthenticationFailure() {}, connection: z.object({}), parameters: z.object({})",
    );
    const loaded = await load(
      {
        'default.mjs': issuerModule('one').replace('export const driver =', 'export default'),
        'sub/named.mjs': `${issuerModule('two')}\nexport { driver as again };`,
        'list.mjs': `${issuerModule('three').replace('export const', 'const')}\nexport default [driver];`,
        'node_modules/@acme/driver/package.json':
          '{"name":"@acme/driver","type":"module","exports":{"import":"./index.js"}}',
        'node_modules/@acme/driver/index.js': issuerModule('four'),
        'old.cjs': `const { z } = require('${fileURLToPath(zodUrl).replace(/\.js$/, '.cjs')}');\n${cjs.replace('export const driver =', 'module.exports.driver =')}`,
        'tokens.yaml': `${start}drivers: [./default.mjs, ./sub/named.mjs, sub/../list.mjs]\n`.replace(
          'sub/../',
          './sub/../',
        ),
        'sub/more.yaml': "version: 1\ndrivers: ['@acme/driver', ./named.mjs, ../old.cjs]\n",
      },
      { paths: [join(folder, 'tokens.yaml'), join(folder, 'sub/more.yaml')] },
    );
    expect(problemsOf(loaded)).toEqual([]);
    expect(loaded.ok && loaded.modules.map(({ specifier, drivers }) => [specifier, ...drivers])).toEqual([
      ['./default.mjs', 'issuer one'],
      ['./sub/named.mjs', 'issuer two'],
      ['./sub/../list.mjs', 'issuer three'],
      ['@acme/driver', 'issuer four'],
      ['../old.cjs', 'issuer five'],
    ]);
    const named = ['one', 'two', 'three', 'four', 'five'];
    expect(loaded.ok && Object.keys(loaded.config.worker.drivers.issuers).toSorted()).toEqual(
      [...Object.keys(builtInRegistries.issuers), ...named].toSorted(),
    );
  });

  it('and its schemas judge connections and tokens as those of any driver', async () => {
    const files = { 'acme.mjs': issuerModule('acme') };
    expect(problemsOf(await load({ ...files, 'tokens.yaml': connected }))).toEqual([]);
    const firstLines = (loaded: Loaded) => problemsOf(loaded).map((problem) => problem.split('\n')[0]);
    const settings = connected.replace('adminKey: ', 'admnKey: ');
    expect(firstLines(await load({ ...files, 'tokens.yaml': settings }))).toEqual([
      'tokens.yaml:5:3 issuers.acme.adminKey: adminKey is missing (MissingKey)',
      'tokens.yaml:5:51 issuers.acme.admnKey: unknown key admnKey, did you mean adminKey? (UnknownKey)',
    ]);
    const parameters = connected.replace('project', 'projet');
    expect(firstLines(await load({ ...files, 'tokens.yaml': parameters }))).toEqual([
      'tokens.yaml:7:3 tokens.dev/a.project: project is missing (MissingKey)',
      'tokens.yaml:7:26 tokens.dev/a.projet: unknown key projet, did you mean project? (UnknownKey)',
    ]);
    const literal = await load({ ...files, 'tokens.yaml': connected.replace('${env:KEY}', 'hunter2') });
    expect(problemsOf(literal)).toEqual([expect.stringContaining('(LiteralSecret)')]);
  });

  it('with its own copy of zod', async () => {
    const own = join(folder, 'node_modules/zod');
    await cp(dirname(fileURLToPath(zodUrl)), own, { recursive: true, filter: (path) => !/\.(c?ts|map)$/.test(path) });
    const files = { 'acme.mjs': `export { z } from 'zod';${issuerModule('acme', 'zod')}` };
    expect(problemsOf(await load({ ...files, 'tokens.yaml': connected }))).toEqual([]);
    const module = (await import(/* @vite-ignore */ join(folder, 'acme.mjs'))) as { readonly z: unknown };
    expect(module.z).not.toBe(z);
    const literal = connected.replace('${env:KEY}', 'hunter2').replace('https:', '');
    expect(problemsOf(await load({ 'tokens.yaml': literal }))).toEqual([
      expect.stringContaining('issuers.acme.url: not a URL (WrongValue)'),
      expect.stringContaining('issuers.acme.adminKey: a secret may not stand in the configuration (LiteralSecret)'),
    ]);
  });

  it('and its code is old where the file has changed since', async () => {
    const files = { 'acme.mjs': issuerModule('acme'), 'tokens.yaml': connected };
    const staleness = (loaded: Loaded): boolean[] => (loaded.ok ? loaded.modules.map(({ isStale }) => isStale) : []);
    expect(staleness(await load(files))).toEqual([false]);
    expect(staleness(await load({}))).toEqual([false]);
    await utimes(join(folder, 'acme.mjs'), 1, 1);
    expect(staleness(await load({}))).toEqual([true]);
    expect(staleness(await load({}))).toEqual([true]);
  });

  it('within 30 s, after which nothing of its import holds up the end of the process', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      expect(problemsOf(await load({ 'acme.mjs': issuerModule('acme'), 'tokens.yaml': connected }))).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
      const loading = load({
        'slow.mjs': 'await new Promise(() => {});\n',
        'tokens.yaml': `${start}drivers: [./slow.mjs]\n`,
      });
      while (vi.getTimerCount() === 0) await new Promise(setImmediate);
      vi.advanceTimersByTime(29_999);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(1);
      expect(problemsOf(await loading)).toEqual([
        expect.stringContaining('./slow.mjs: does not end to load within 30 s (DriverFailed)'),
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('read leniently', () => {
  it('a module that cannot be loaded is reported, and only its connections fail', async () => {
    const loaded = await load({ 'tokens.yaml': connected }, { lenient: true });
    if (!loaded.ok) throw new Error(problemsOf(loaded).join('\n'));
    expect(loaded.config.worker.problems).toMatchObject([{ code: 'DriverNotFound', line: 3, column: 11 }]);
    expect(loaded.config.tokens).toMatchObject([{ key: 'dev/a', issuer: 'acme', parameters: { project: 'one' } }]);
    const deps = { fetch, now: Date.now, baseDir: folder, env: {}, log: silentLog };
    const connections = createConnections({ config: loaded.config.worker, deps });
    await expect(connections.issuer('acme', 'dev/a', {})).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: 'no driver acme',
      do: 'load its module under drivers; what keeps it from loading: tokenkeeper doctor',
    });
    await connections.close();
  });
});
