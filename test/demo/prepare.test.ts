import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { configFor, prepareSecrets } from '../../demo/prepare.js';
import { newFolder } from '../support/folder.js';

const usual = { provider: 9400, receiver: 9401 };
const december = Date.parse('2026-12-01T00:00:00Z');

let folder = '';
beforeEach(async () => {
  folder = await newFolder();
});

/** Ships this configuration. */
const ship = (text: string): Promise<void> => writeFile(join(folder, 'tokens.yaml'), text);

test.each([
  ['the usual ports', usual, 'tokens.yaml'],
  ['the provider moved to the usual port of the receiver', { provider: 9401, receiver: 9402 }, 'tokens.demo.yaml'],
  ['the receiver moved to the usual port of the provider', { provider: 9402, receiver: 9400 }, 'tokens.demo.yaml'],
])('the configuration names the ports of this run: %s', async (_, ports, file) => {
  await ship('idp: http://127.0.0.1:9400\nhook: http://127.0.0.1:9401/tokens\n');
  const path = await configFor(folder, ports, december);
  expect(path).toBe(join(folder, file));
  expect(await readFile(path, 'utf8')).toBe(
    `idp: http://127.0.0.1:${ports.provider}\nhook: http://127.0.0.1:${ports.receiver}/tokens\n`,
  );
});

test.each([
  ['far ahead: the shipped ones', '2026-12-01', 'tokens.yaml', '2027-01-20', '2027-03-01'],
  ['one so near that a reminder is due', '2026-12-21', 'tokens.demo.yaml', '2028-01-20', '2027-03-01'],
  ['both over for years', '2031-08-01', 'tokens.demo.yaml', '2032-01-20', '2032-03-01'],
])('the configuration has dates that lie ahead: %s', async (_, today, file, value, credential) => {
  const dates = (expiresAt: string, credentialExpiresAt: string): string =>
    `expiresAt: ${expiresAt}\ncredentialExpiresAt: ${credentialExpiresAt} # watched\n`;
  await ship(dates('2027-01-20', '2027-03-01'));
  const path = await configFor(folder, usual, Date.parse(today));
  expect(path).toBe(join(folder, file));
  expect(await readFile(path, 'utf8')).toBe(dates(value, credential));
});

test('a demo whose vault lost its key says how to begin anew, not how to give it one', async () => {
  const { state } = await prepareSecrets(folder);
  await rm(join(state, 'vault.key'));
  await expect(prepareSecrets(folder)).rejects.toMatchObject({
    code: 'VaultLocked',
    do: 'put it back, or begin the demo anew: rm -r .tokenkeeper',
  });
});
