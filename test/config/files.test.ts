import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { baseDirOf } from '../../src/config/base-dir.js';
import { loadConfig, type Loaded } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { testRegistries } from './drivers.js';
import { newFolder } from '../support/folder.js';

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);
const load = (...names: string[]) =>
  loadConfig({ paths: names.map((name) => join(folder, name)), registries: testRegistries() });
const problemsOf = (loaded: Loaded) =>
  loaded.ok ? [] : loaded.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''));

const connections = 'version: 1\nvaults: { local: { driver: box } }\nsinks: { files: { driver: folder, root: run } }\n';

describe('loadConfig', () => {
  it('reads a file, whose folder is where relative paths start', async () => {
    await write('tokens.yaml', `${connections}tokens: { dev/a: { issuer: by-hand } }\n`);
    const loaded = await load('tokens.yaml');
    expect(loaded).toMatchObject({ ok: true, baseDir: folder, config: { tokens: [{ key: 'dev/a' }] } });
  });

  it('reads a folder: connections of one file serve the tokens of all', async () => {
    await write('a.yaml', `${connections}sinkSets: { ci: [files] }\ndefaults: { owner: platform, grace: 1m }\n`);
    await write('b.yml', 'version: 1\ndefaults: { owner: web }\ntokens: { dev/b: { issuer: by-hand, sinks: [ci] } }\n');
    await write('c.yaml', 'version: 1\ntokens: { dev/c: { issuer: by-hand } }\n');
    await write('.hidden.yaml', 'nonsense');
    await write('notes.txt', 'nonsense');
    const loaded = await loadConfig({ paths: [folder], registries: testRegistries() });
    expect(problemsOf(loaded)).toEqual([]);
    expect(loaded).toMatchObject({
      baseDir: folder,
      config: {
        tokens: [
          { key: 'dev/b', owner: 'web', graceMs: 60_000, sinks: [{ id: 'files' }] },
          { key: 'dev/c', owner: 'platform', graceMs: 60_000 },
        ],
      },
    });
  });

  it('reads a file once, though it is named by itself and by its folder', async () => {
    await write('tokens.yaml', `${connections}tokens: { dev/a: { issuer: by-hand } }\n`);
    const path = join(folder, 'tokens.yaml');
    const loaded = await loadConfig({ paths: [path, folder], registries: testRegistries() });
    expect(loaded).toMatchObject({ ok: true, files: [path] });
  });

  it('opens no pipe: one without a writer would block even the end of the process', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    expect(problemsOf(await load('pipe.yaml'))).toEqual([
      expect.stringMatching(/^pipe\.yaml:1:1: neither a file nor a folder \(FileUnreadable\)\n {2}do: give the path/),
    ]);
  });

  it('opens no pipe in a folder either', async () => {
    await write('a.yaml', connections);
    execFileSync('mkfifo', [join(folder, 'b.yaml')]);
    const loaded = await loadConfig({ paths: [folder], registries: testRegistries() });
    expect(problemsOf(loaded)).toEqual([
      expect.stringMatching(/^b\.yaml:1:1: neither a file nor a folder \(FileUnreadable\)/),
    ]);
  });

  it('reports the problems of all files, in their order, each with its own name', async () => {
    await write('a.yaml', `${connections}tokens: { dev/a: { issuer: by-hand } }\n`);
    await write(
      'b.yaml',
      'version: 1\nvaults:\n  local: { driver: box }\ntokens:\n  dev/a: { issuer: by-hand }\n  dev/b: { issuer: by-hadn }\n',
    );
    expect(problemsOf(await load('a.yaml', 'b.yaml'))).toEqual([
      'b.yaml:3:3 vaults.local: local stands in a.yaml:2 already (DuplicateName)\n  do: give one of them another name',
      'b.yaml:5:3 tokens.dev/a: dev/a stands in a.yaml:4 already (DuplicateName)\n  do: give one of them another name',
      'b.yaml:6:20 tokens.dev/b.issuer: no issuer by-hadn, did you mean by-hand? (UnknownName)\n  do: write by-hand',
    ]);
  });

  it('refuses two tokens of two files on one place', async () => {
    await write('a.yaml', `${connections}tokens: { dev/a: { issuer: by-hand, sinks: [files] } }\n`);
    await write(
      'b.yaml',
      'version: 1\ntokens:\n  dev/b:\n    issuer: by-hand\n    sinks: [{ sink: files, path: dev/a }]\n',
    );
    expect(problemsOf(await load('a.yaml', 'b.yaml'))).toEqual([
      'b.yaml:5:13 tokens.dev/b.sinks[0]: dev/b would overwrite dev/a in files (a.yaml:4) (PlaceTaken)\n' +
        '  do: give one of them another place in the sink, or another sink',
    ]);
  });

  const unreadable =
    'give the path of a readable file or folder: --config, or TOKENKEEPER_CONFIG; tokenkeeper init writes a first one';
  it.each<[string, () => Promise<void>, string, string]>([
    ['a file that is not there', async () => {}, 'no such file (FileUnreadable)', unreadable],
    [
      'a folder without files',
      () => mkdir(join(folder, 'x.yaml')),
      'the folder holds no .yaml file (FileUnreadable)',
      unreadable,
    ],
    [
      'a file that is too large',
      () => write('x.yaml', `#${'x'.repeat(1_000_000)}`),
      'larger than 1000000 bytes (FileTooLarge)',
      'split it: a configuration may be several files of at most 1 MB each',
    ],
    [
      'a file in Latin-1',
      () => write('x.yaml', Buffer.from('owner: Jos\xe9', 'latin1')),
      'not UTF-8 text (NotUtf8)',
      'save the file as UTF-8',
    ],
    [
      'a file in UTF-16',
      () => write('x.yaml', Buffer.from('version: 1', 'utf16le')),
      'not UTF-8 text (NotUtf8)',
      'save the file as UTF-8',
    ],
    ['an empty file', () => write('x.yaml', ''), 'the file is empty (FileEmpty)', 'start with: version: 1'],
  ])('refuses %s', async (_, prepare, message, remedy) => {
    await prepare();
    expect(problemsOf(await load('x.yaml'))).toEqual([`x.yaml:1:1: ${message}\n  do: ${remedy}`]);
  });
});

it('the folder of a configuration is a folder itself, or that of a file, whether or not it can be looked at', async () => {
  await writeFile(join(folder, 'tokens.yaml'), 'version: 1');
  const below = join(folder, 'tokens.yaml/no');
  const paths = [[folder], [join(folder, 'tokens.yaml'), '/elsewhere'], [join(folder, 'missing.yaml')], [below], []];
  expect(paths.map(baseDirOf)).toEqual([folder, folder, folder, join(folder, 'tokens.yaml'), process.cwd()]);
});
