import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { newFolder } from '../support/folder.js';
import { startInTerminal, type TerminalProgram } from '../support/cli-terminal.js';

let folder = '';
const started: TerminalProgram[] = [];
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(async () => {
  for (const program of started.splice(0)) await program.close();
});

async function init(...more: readonly string[]): Promise<TerminalProgram> {
  const program = await startInTerminal(['init', ...more], { cwd: folder });
  started.push(program);
  return program;
}

const config = async (): Promise<unknown> => parse(await readFile(join(folder, 'tokens.yaml'), 'utf8'));

describe('init in a terminal', () => {
  it('takes Enter for what stands in brackets', async () => {
    const program = await init();
    await program.answer('First token, <environment>/<name> [production/ci-bot]', '\r');
    await program.answer('Whose is it [', '\r');
    await program.answer('or do you paste it once in a while (n) [n]', '\r');
    expect(await program.ended).toBe(0);
    expect(await config()).toMatchObject({ tokens: { 'production/ci-bot': { issuer: 'manual', sinks: ['files'] } } });
    expect(program.shown()).toContain(
      'next:\n  tokenkeeper import production/ci-bot < FILE\n  tokenkeeper up\n  tokenkeeper doctor ',
    );
    await access(join(folder, '.tokenkeeper', 'vault.db'));
  }, 120_000);

  it('asks again for what is no key, neither yes nor no, or no address that secrets may be sent to, and writes what was answered', async () => {
    const program = await init();
    await program.answer('First token', 'CI Bot\r');
    await program.answer('<environment>/<name>, each of a-z 0-9 . _ - and at most 63 characters,', 'staging/billing\r');
    await program.answer('Whose is it', 'payments\r');
    await program.answer('Does an OAuth 2 server issue it', 'oauth2\r');
    await program.answer('y or n [n]', 'Yes\r');
    await program.answer('URL of the server [https://idp.example.com]', 'http://idp.test\r');
    await program.answer('An https URL, or http of this machine', 'https://idp.test\r');
    await program.answer('Client id [tokenkeeper]', '\r');
    await program.answer('Scopes', 'invoices:read  invoices:write\r');
    expect(await program.ended).toBe(0);
    expect(await config()).toMatchObject({
      defaults: { owner: 'payments' },
      issuers: {
        idp: {
          driver: 'oauth2',
          url: 'https://idp.test',
          clientId: 'tokenkeeper',
          clientSecret: '${env:IDP_CLIENT_SECRET}',
        },
      },
      tokens: { 'staging/billing': { issuer: 'idp', scopes: ['invoices:read', 'invoices:write'] } },
    });
  }, 120_000);

  it.each([
    { keys: '\u0003', title: 'Ctrl-C' },
    { keys: '\u0004', title: 'Ctrl-D' },
  ])(
    'ends with 130 at $title, and has written nothing',
    async ({ keys }) => {
      const program = await init();
      await program.answer('First token', '\r');
      await program.answer('Whose is it', keys);
      expect(await program.ended).toBe(130);
      await expect(access(join(folder, 'tokens.yaml'))).rejects.toThrow('ENOENT');
      await expect(access(join(folder, '.tokenkeeper'))).rejects.toThrow('ENOENT');
    },
    120_000,
  );

  it('asks nothing where the file is there already, and leaves it as it is', async () => {
    await writeFile(join(folder, 'tokens.yaml'), 'mine\n');
    const program = await init();
    expect(await program.ended).toBe(1);
    expect(program.shown()).toBe('tokenkeeper: tokens.yaml exists\ndo: name another: --config, or edit it\n');
    expect(await readFile(join(folder, 'tokens.yaml'), 'utf8')).toBe('mine\n');
  }, 120_000);
});
