import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { withCli, type Outcome } from '../support/cli.js';

const bench = withCli({ worker: false });
const [granted, unreadable, foreign, minted, tracked] = ['granted', 'unreadable', 'foreign', 'minted', 'tracked'].map(
  (name) => bench.key(name),
) as [string, string, string, string, string];
const lacks = (key: string): string =>
  `! ${key}: it cannot be renewed yet: its first grant, which is redeemed only for a token without a value, was not\n` +
  `  do: tokenkeeper reauthorize ${key}, once it is kept and before it is due; that issues a new value\n`;
const undue = (key: string): string =>
  `! ${key}: its expiry is not known, so it is never renewed by itself\n` +
  `  do: import it again with its expiry, or, once it is kept: tokenkeeper rotate ${key}\n`;

beforeAll(async () => {
  await mkdir(join(bench.folder, 'secrets'));
  await writeFile(join(bench.folder, 'secrets/grant'), 'the-first-grant', { mode: 0o600 });
  const server = { driver: 'oauth2', url: 'http://127.0.0.1:9', clientId: 'keeper' };
  const issuers = {
    crm: {
      ...server,
      clientSecret: '${file:secrets/grant}',
      grants: { here: '${file:secrets/grant}', gone: '${file:secrets/gone}' },
    },
    // Its secret is on the worker's host.
    far: { ...server, clientSecret: '${file:secrets/gone}', grants: { here: '${file:secrets/grant}' } },
  };
  const refresh = { grant: 'refresh_token', initialGrant: 'here', sinks: ['files'] };
  await bench.declare(
    {
      [granted]: { ...refresh, issuer: 'crm' },
      [unreadable]: { ...refresh, issuer: 'crm', initialGrant: 'gone' },
      [foreign]: { ...refresh, issuer: 'far' },
      [minted]: { issuer: 'crm', grant: 'client_credentials', sinks: ['files'] },
      [tracked]: { issuer: 'manual', sinks: ['files'] },
    },
    { issuers },
  );
});

const importOne = (key: string, ...more: readonly string[]): Promise<Outcome> =>
  bench.tokenkeeper(['import', key, ...more], { stdin: 'a-pasted-value' });

it.each([
  { name: 'whose grant is there', key: granted, is: lacks(granted) },
  { name: 'whose grant cannot be read here', key: unreadable, is: lacks(unreadable) },
  { name: 'whose issuer cannot be opened here', key: foreign, is: '' },
  { name: 'whose issuer would renew it, if it knew when', key: minted, is: undue(minted) },
  { name: 'that nobody can mint', key: tracked, is: '' },
])('import tells of a token $name what it lacks before its first renewal: "$is"', async ({ key, is }) => {
  const outcome = await importOne(key);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  // After the two lines on the value itself.
  expect(outcome.stdout.split('\n').slice(2).join('\n')).toBe(is);
});

it('import of a value whose expiry is given lacks nothing', async () => {
  const { stdout } = await importOne(minted, '--expires-at', '2100-01-01');
  expect(stdout).not.toContain('!');
});

it('import of a set tells it, too, and all tell it to programs', async () => {
  const values = { [granted]: 'another-value', [minted]: 'another-value', [tracked]: 'another-value' };
  await writeFile(join(bench.folder, 'set.json'), JSON.stringify(values));
  const set = ['import', '--from', join(bench.folder, 'set.json'), '--replace', '--dry-run'];
  const { stdout } = await bench.tokenkeeper(set);
  expect(stdout).toContain(lacks(granted) + undue(minted));
  expect(stdout).not.toContain(`! ${tracked}`);
  const rows = JSON.parse((await bench.tokenkeeper([...set, '-o', 'json'])).stdout) as { lacks: object | null }[];
  const told = {
    message: expect.stringContaining('first grant'),
    do: expect.stringContaining(`reauthorize ${granted}`),
  };
  const unknown = { message: expect.stringContaining('expiry'), do: expect.stringContaining(`rotate ${minted}`) };
  expect(rows.map((row) => row.lacks)).toEqual([told, unknown, null]);
  expect(JSON.parse((await importOne(granted, '-o', 'json')).stdout)).toMatchObject({ lacks: told });
});

it('doctor says that a first grant is not there, as long as it is to be redeemed', async () => {
  const [misnamed, unread] = [bench.key('misnamed'), bench.key('unread')];
  const refresh = { issuer: 'idp', grant: 'refresh_token', sinks: ['files'] };
  await bench.declare(
    { [misnamed]: { ...refresh, initialGrant: 'crmm' }, [unread]: { ...refresh, initialGrant: 'gone' } },
    {
      issuers: {
        idp: {
          driver: 'oauth2',
          url: 'http://127.0.0.1:9',
          clientId: 'keeper',
          clientSecret: '${file:secrets/grant}',
          grants: { crm: '${file:secrets/grant}', gone: '${file:secrets/gone}' },
        },
      },
    },
  );
  const { stdout } = await bench.tokenkeeper(['doctor']);
  expect(stdout).toContain(
    `✗ ${misnamed}: the issuer connection has no grant named "crmm" (PolicyDenied)\n  do: declare it, or name one of: crm, gone\n`,
  );
  expect(stdout).toMatch(new RegExp(`✗ ${unread}: .*secrets/gone.* \\(ReferenceUnresolved\\)\n`));
  expect(stdout).not.toContain('are ready');
  for (const key of [misnamed, unread]) await importOne(key);
  expect((await bench.tokenkeeper(['doctor'])).stdout).toContain(`✓ ${unread}: issuer and 1 sink are ready\n`);
});
