import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { bareRow } from '../../src/client/list.js';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();

it('a token that is being revoked takes no request that would not be heeded', async () => {
  const key = bench.key('ending');
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] } });
  await bench.tokenkeeper(['apply', '--wait']);
  // A sink that can't be emptied holds the end open.
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files', 'broken'] } });
  await bench.tokenkeeper(['apply']);
  await bench.tokenkeeper(['revoke', key, '--yes']);
  await waitFor(() => bench.status(key), { limitMs: 45_000, until: ({ closing }) => closing !== null });
  for (const verb of ['pause', 'resume', 'rotate']) {
    const { code, stdout, stderr } = await bench.tokenkeeper([verb, key]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`${verb} refused: the token is being ended.*\ndo: wait until it has ended`));
  }
  // It says what runs already, and that goes on no longer all the same.
  const applied = await bench.tokenkeeper(['apply', key]);
  expect(applied).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`x ${key}  failed\n`),
    stderr: expect.stringContaining('change refused: the token is being ended'),
  });
  expect((await bench.tokenkeeper(['revoke', key, '--yes'])).stdout).toContain(`${key}: revocation requested\n`);
  const listed = () => bench.tokenkeeper(['list', '-o', 'json']);
  await waitFor(listed, { limitMs: 45_000, until: ({ stdout }) => stdout.includes('"revoked"') });
  expect((await bench.tokenkeeper(['eject', '--yes'])).stdout).toContain(
    `${key}: is being revoked, which a worker still`,
  );
  expect(await bench.status(key)).toMatchObject({ closing: { kind: 'revoke' } });
  // An index that is late, or shows no state since the namespace has no search attributes.
  for (const state of ['healthy', null]) {
    vi.spyOn(TokenKeeperClient.prototype, 'list').mockResolvedValueOnce([{ ...bareRow(key), state }]);
    expect((await bench.tokenkeeper(['eject', '--yes'])).stdout).toContain(`${key}: is being revoked`);
    expect(await bench.status(key)).toMatchObject({ closing: { kind: 'revoke' } });
  }
  // Its only way out is to let go.
  const { code, stdout, stderr } = await bench.tokenkeeper(['forget', key, '--yes']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`${key}: forgotten\n`) });
  expect(stderr).toContain('its revocation is given up');
});

it('who waits for a revocation that somebody else gives up is not told that it was revoked', async () => {
  const key = bench.key('given-up');
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] } });
  await bench.tokenkeeper(['apply', '--wait']);
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files', 'broken'] } });
  await bench.tokenkeeper(['apply']);
  const revoking = bench.tokenkeeper(['revoke', key, '--yes', '--wait', '--timeout', '60s']);
  await waitFor(() => bench.status(key), { limitMs: 45_000, until: ({ closing }) => closing !== null });
  expect((await bench.tokenkeeper(['forget', key, '--yes'])).stdout).toContain(`${key}: forgotten\n`);
  const { code, stdout, stderr } = await revoking;
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.not.stringContaining(`${key}: revoked`) });
  expect(stderr).toContain(`${key} was not revoked to the end: its revocation was given up`);
}, 120_000);

it('a token that is being forgotten is not said to be revoked, and tells what holds its end up', async () => {
  const [key, second] = [bench.key('forgetting'), bench.key('forgetting-too')];
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] }, [second]: { issuer: 'idp' } });
  await bench.tokenkeeper(['apply', '--wait']);
  const vault = join(bench.folder, 'vault.db');
  await rename(vault, `${vault}.away`);
  const forgotten = await bench.tokenkeeper(['forget', key, second, '--yes', '--timeout', '1s']);
  expect(forgotten).toMatchObject({ code: 124, stderr: expect.stringContaining('is not closed yet') });
  const look = () => bench.tokenkeeper(['status', key]);
  const { stdout } = await waitFor(look, { limitMs: 45_000, until: (said) => said.stdout.includes('which fails') });
  expect(stdout).toMatch(/: forget by .*, which fails: .*\(VaultUnavailable\)/);
  for (const more of [[], ['--wait', '--timeout', '5s']]) {
    const { code, stdout: said, stderr } = await bench.tokenkeeper(['revoke', key, '--yes', ...more]);
    expect({ code, said }).toEqual({ code: 1, said: '' });
    expect(stderr).toContain('revoke refused: the token is being ended');
  }
  const other = bench.key('other');
  await bench.declare({ [other]: { issuer: 'idp', sinks: ['files'] } });
  const pruned = await bench.tokenkeeper(['apply', '--prune', '--yes']);
  expect(pruned).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('revoke refused: the token is being ended'),
  });
  expect(pruned.stdout).toContain(`x ${key}  failed
`);
  await rename(`${vault}.away`, vault);
  await bench.gone(key);
});

it('a token that another workflow keeps is not said to be revoked, and tells the way out', async () => {
  const key = bench.key('lost');
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] } });
  await bench.tokenkeeper(['apply', '--wait']);
  expect((await bench.tokenkeeper(['apply', '--wait', '--take-over', '--prefix', 'elsewhere'])).code).toBe(0);
  await bench.tokenkeeper(['rotate', key]);
  const looked = () => bench.status(key);
  await waitFor(looked, { limitMs: 45_000, until: ({ problem }) => problem?.code === 'NotOwner' });
  const keptBy = `nothing is revoked: ${key} is kept by workflow elsewhere/${key} in namespace default`;
  const refused = await bench.tokenkeeper(['revoke', key, '--yes']);
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`tokenkeeper: ${keptBy}`) });
  expect(refused.stderr).toContain(`\ndo: revoke it where it is kept; if that is gone: tokenkeeper apply ${key} --`);
  expect((await bench.status(key)).closing).toBeNull();
  // Where no worker answered in time, it is requested all the same.
  vi.spyOn(TokenKeeperClient.prototype, 'status').mockRejectedValueOnce(new Error('no answer'));
  expect((await bench.tokenkeeper(['revoke', key, '--yes'])).stdout).toContain(`${key}: revocation requested\n`);
  const conditionsOf = async () => (await bench.status(key)).conditions;
  await waitFor(conditionsOf, { limitMs: 45_000, until: ([ready]) => ready?.do != null });
  const again = await bench.tokenkeeper(['revoke', key, '--yes']);
  expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`tokenkeeper: ${keptBy}`) });
  expect(again.stderr).toContain(
    `\ndo: revoke it where it is kept, and give it up here: tokenkeeper forget ${key}; if`,
  );
  expect((await bench.tokenkeeper(['forget', key, '--yes'])).code).toBe(0);
  expect((await bench.tokenkeeper(['apply', key, '--take-over', '--wait'])).code).toBe(0);
  expect(await bench.tokenkeeper(['revoke', key, '--yes', '--wait'])).toMatchObject({ code: 0, stderr: '' });
});
