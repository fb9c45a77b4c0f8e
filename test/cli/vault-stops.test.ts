import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { newFolder } from '../support/folder.js';
import { startCommand, type Outcome } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

let folder = '';

/** Prints the key; where there is a file `hold`, it says so by `asked` and waits until `hold` is gone. */
const keyCommand = [
  'sh',
  '-c',
  'test -e hold && { : > asked; while test -e hold; do sleep 0.05; done; }; printf %s "$0"',
  'k'.repeat(43),
];

const start = (...argv: string[]) => startCommand(['--config', join(folder, 'tokens.yaml'), ...argv]);

/** Runs a command that is asked to stop while it opens the vault, or the copy of it. */
async function stoppedWhileItOpens(...argv: string[]): Promise<Outcome> {
  await writeFile(join(folder, 'hold'), '');
  const command = start(...argv);
  await waitFor(() => readdir(folder), { limitMs: 30_000, until: (names) => names.includes('asked') });
  command.stop();
  await rm(join(folder, 'asked'));
  await rm(join(folder, 'hold'));
  return await command.ended;
}

beforeAll(async () => {
  folder = await newFolder();
  const vaults = { local: { driver: 'embedded', path: 'vault/vault.db', keyCommand } };
  await writeFile(join(folder, 'tokens.yaml'), JSON.stringify({ version: 1, vaults }));
  await start('vault', 'init').ended;
});

it('vault backup does its work to the end at Ctrl-C, and leaves no copy beside the vault', async () => {
  const backup = join(folder, 'backup.db');
  expect(await stoppedWhileItOpens('vault', 'backup', backup)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^backed up: /),
  });
  expect((await readdir(join(folder, 'vault'))).filter((name) => name.includes('copy'))).toEqual([]);
});

it('vault restore that is asked to stop while it looks at the backup replaces nothing, once it has put that away', async () => {
  const backup = join(folder, 'other.db');
  expect((await start('vault', 'backup', backup).ended).code).toBe(0);
  expect(await stoppedWhileItOpens('vault', 'restore', backup, '--yes')).toMatchObject({ code: 130, stdout: '' });
  expect((await readdir(join(folder, 'vault'))).filter((name) => name.includes('copy'))).toEqual([]);
});
