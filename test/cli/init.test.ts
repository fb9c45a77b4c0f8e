import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';

const runProgram = promisify(execFile);
const bench = withCli({ worker: false });
const nowhere = ['--address', '127.0.0.1:1'];

describe('init', () => {
  it('writes a configuration that is sound, makes its vault, and never overwrites', async () => {
    const file = join(bench.folder, 'fresh', 'tokens.yaml');
    expect((await bench.raw(['-c', file, 'init'])).stderr).toContain('do: give --yes for an example');
    const outcome = await bench.raw(['-c', file, 'init', '--yes']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const text = await readFile(file, 'utf8');
    expect(text).toContain('production/ci-bot');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./tokens.schema.json');
    const schema: unknown = JSON.parse(await readFile(join(bench.folder, 'fresh', 'tokens.schema.json'), 'utf8'));
    expect(schema).toHaveProperty('properties.tokens');
    expect((await bench.raw(['-c', file, ...nowhere, 'import', 'production/ci-bot'], { stdin: 'x' })).code).toBe(0);
    expect(await bench.raw(['-c', file, 'init', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('exists'),
    });
  });

  it('hides the vault, its key and values in the clear from Git, and nothing in a folder that was there', async () => {
    const folder = join(bench.folder, 'repository');
    const untracked = async (): Promise<string[]> => {
      const { stdout } = await runProgram('git', ['-C', folder, 'ls-files', '--others', '--exclude-standard']);
      return stdout.trimEnd().split('\n');
    };
    await runProgram('git', ['init', '-q', folder]);
    expect((await bench.raw(['-c', join(folder, 'tokens.yaml'), 'init', '--yes'])).code).toBe(0);
    for (const name of ['.tokenkeeper', 'run']) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o700);
    await writeFile(join(folder, 'run', 'ci-bot'), 'value-1');
    expect(await untracked()).toEqual(['tokens.schema.json', 'tokens.yaml']);
    expect(await readdir(join(folder, '.tokenkeeper'))).toContain('vault.key');

    await mkdir(join(folder, 'sub', 'run'), { recursive: true });
    await writeFile(join(folder, 'sub', 'run', 'start.sh'), 'exit');
    expect((await bench.raw(['-c', join(folder, 'sub', 'tokens.yaml'), 'init', '--yes'])).code).toBe(0);
    expect(await untracked()).toContain('sub/run/start.sh');
  });

  it('says where it cannot write, and asks nothing of anybody then', async () => {
    const outcome = await bench.raw(['-c', join(bench.configFile, 'sub', 'tokens.yaml'), 'init', '--yes']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/sub cannot be made \(ENOTDIR\)\ndo: name a place that you may write: --config\n$/);
  });

  it('writes nothing where its folders cannot be made', async () => {
    const folder = join(bench.folder, 'taken');
    await mkdir(folder);
    await writeFile(join(folder, '.tokenkeeper'), '');
    const outcome = await bench.raw(['-c', join(folder, 'tokens.yaml'), 'init', '--yes']);
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('cannot be made (EEXIST)') });
    expect(await readdir(folder)).not.toContain('tokens.yaml');
  });

  it('that cannot make the vault says how to go on, since it would refuse to run again', async () => {
    const file = join(bench.folder, 'junk', 'tokens.yaml');
    const outcome = await bench.raw(['-c', file, 'init', '--yes'], { env: { TOKENKEEPER_VAULT_KEY: 'junk' } });
    expect(outcome.stderr).toMatch(/\(VaultLocked\)\ndo: .*; then: tokenkeeper vault init\n$/);
    expect((await bench.raw(['-c', file, 'vault', 'init'])).code).toBe(0);
  });

  it('leaves a tokens.schema.json that is not ours as it is, and writes nothing', async () => {
    const folder = join(bench.folder, 'theirs');
    await mkdir(folder);
    await writeFile(join(folder, 'tokens.schema.json'), '{"title":"mine"}');
    const outcome = await bench.raw(['-c', join(folder, 'tokens.yaml'), 'init', '--yes']);
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('no schema of tokenkeeper') });
    expect(await readdir(folder)).toEqual(['tokens.schema.json']);
  });
});
