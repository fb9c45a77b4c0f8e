import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const key = bench.key('crm');
const lagging = bench.key('lagging');
const pasted = bench.key('pasted');

beforeAll(async () => {
  await bench.declare({
    // Long enough that what becomes of the old one can be told before it is gone.
    [key]: { issuer: 'idp', sinks: ['files', 'env'], grace: '30s' },
    [lagging]: { issuer: 'idp', sinks: ['files'] },
    [pasted]: { issuer: 'manual', sinks: ['files'] },
  });
  await bench.tokenkeeper(['apply', '--wait']);
});

describe('rotate', () => {
  it('asks and goes', async () => {
    const { generation } = await bench.status(key);
    expect(await bench.tokenkeeper(['rotate', key])).toEqual({
      code: 0,
      stdout: `${key}: rotation requested\n`,
      stderr: '',
    });
    await waitFor(() => bench.status(key), { limitMs: 45_000, until: (now) => now.generation === generation + 1 });
  });

  it('waits under --wait, shows its progress, and what becomes of the old one', async () => {
    const { generation } = await bench.status(key);
    const outcome = await bench.tokenkeeper(['rotate', key, '--wait', '--reason', 'laptop lost']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const [progress, sum] = outcome.stdout.split('\n');
    expect(progress).toBe(
      `✓ preflight vault  ✓ issued gen ${generation + 1}  ✓ verified (introspection)  ✓ promoted  ✓ delivered 2/2, read back`,
    );
    expect(sum).toMatch(
      new RegExp(
        `^${key} gen ${generation} → ${generation + 1} in [\\d.]+ s, by \\S+; gen ${generation} is revoked at .*Z \\(grace 30s\\)$`,
      ),
    );
    const ledger = (await bench.tokenkeeper(['history', key, '-o', 'json'])).stdout;
    expect(ledger).toContain('"reason": "laptop lost"');
  });

  it('is content with what another caller was faster to ask for', async () => {
    const { generation } = await bench.status(key);
    const asked = vi.spyOn(TokenKeeperClient.prototype, 'rotateNow');
    const { rotateNow } = TokenKeeperClient.prototype;
    asked.mockImplementationOnce(async function (this: TokenKeeperClient, ...request) {
      await rotateNow.apply(this, request);
      return rotateNow.apply(this, request);
    });
    const { code, stdout } = await bench.tokenkeeper(['rotate', key, '--wait']);
    expect(asked).toHaveBeenCalledTimes(3);
    asked.mockRestore();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`\\n${key} gen ${generation} → ${generation + 1} in [\\d.]+ s, by another request; `),
    );
    expect((await bench.status(key)).generation).toBe(generation + 1);
  });

  it('does nothing for a generation that is no longer current', async () => {
    const { generation } = await bench.status(key);
    const outcome = await bench.tokenkeeper(['rotate', key, '--wait', '--if-generation', '1']);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`${key} is on generation ${generation} already`);
    expect((await bench.status(key)).generation).toBe(generation);
  });

  it('ends with 124 where it is issued but not delivered in time', async () => {
    const { generation } = await bench.status(lagging);
    await bench.declare({ [lagging]: { issuer: 'idp', sinks: ['files', 'broken'] } });
    await bench.tokenkeeper(['apply']);
    const outcome = await bench.tokenkeeper(['rotate', lagging, '--wait', '--timeout', '10s']);
    expect(outcome.code).toBe(124);
    expect(outcome.stdout).toContain(`✓ issued gen ${generation + 1}`);
    expect(outcome.stderr).toMatch(/tokenkeeper: .* is not there yet: .*1\/2 sinks: .+\ndo: tokenkeeper status /);
  });

  it('ends with 1 and the reason where the provider refuses', async () => {
    bench.provider.failNext('InvalidClient', 3);
    const outcome = await bench.tokenkeeper(['rotate', key, '--wait']);
    bench.provider.recover();
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/was not rotated: .* \(InvalidClient\)\n/);
    await bench.tokenkeeper(['rotate', key, '--wait']);
  });

  it('says that a paused token does not rotate', async () => {
    await bench.tokenkeeper(['pause', key]);
    const outcome = await bench.tokenkeeper(['rotate', key, '--wait']);
    const asked = await bench.tokenkeeper(['rotate', key]);
    await bench.tokenkeeper(['resume', key]);
    const refused = {
      code: 1,
      stdout: '',
      stderr: `tokenkeeper: rotate refused: the token is paused (Paused)\ndo: tokenkeeper resume ${key}\n`,
    };
    expect(outcome).toEqual(refused);
    expect(asked).toEqual(refused);
  });

  it('says that what cannot be issued does not rotate, with --wait and without', async () => {
    const refused = {
      code: 1,
      stdout: '',
      stderr:
        'tokenkeeper: rotate refused: its issuer cannot issue values (NotMintable)\n' +
        `do: obtain the value by hand, then: tokenkeeper import ${pasted}\n`,
    };
    await waitFor(() => bench.status(pasted), { limitMs: 45_000, until: ({ mintable }) => mintable === false });
    expect(await bench.tokenkeeper(['rotate', pasted])).toEqual(refused);
    expect(await bench.tokenkeeper(['rotate', pasted, '--wait'])).toEqual(refused);
  });

  it('asked for without waiting, does nothing for another generation than the current one', async () => {
    const { generation } = await bench.status(key);
    const older = await bench.tokenkeeper(['rotate', key, '--if-generation', '1']);
    expect(older).toMatchObject({ code: 1, stderr: expect.stringContaining(`is on generation ${generation} already`) });
    const newer = await bench.tokenkeeper(['rotate', key, '--if-generation', String(generation + 5)]);
    expect(newer).toMatchObject({ code: 1, stderr: expect.stringMatching(/not come to .* \(UnknownGeneration\)\n/) });
    expect((await bench.status(key)).generation).toBe(generation);
  });
});

describe('pause and resume', () => {
  it('pause stops it with a reason, resume goes on', async () => {
    expect((await bench.tokenkeeper(['pause', key, '--reason', 'audit'])).stdout).toBe(
      `${key}: paused until resumed\n`,
    );
    const paused = await waitFor(() => bench.status(key), {
      limitMs: 45_000,
      until: ({ state }) => state === 'paused',
    });
    expect(paused.pause).toMatchObject({ reason: 'audit', until: null });
    expect((await bench.tokenkeeper(['status', key])).stdout).toMatch(/ {2}paused: until resumed, by \S+: audit\n/);
    expect((await bench.tokenkeeper(['resume', key])).stdout).toBe(`${key}: resumed\n`);
    const again = () => bench.tokenkeeper(['resume', key]);
    await waitFor(again, { limitMs: 45_000, until: ({ stdout }) => stdout === `${key}: was not paused\n` });
    await waitFor(() => bench.status(key), { limitMs: 45_000, until: ({ state }) => state === 'healthy' });
  });

  it('pause --for goes on by itself', async () => {
    await bench.tokenkeeper(['pause', key, '--for', '1s']);
    await waitFor(() => bench.status(key), { limitMs: 45_000, until: ({ state }) => state === 'healthy' });
  });
});

describe('deliver, acknowledge, reauthorize', () => {
  it('deliver repairs a sink that somebody emptied', async () => {
    await bench.remove(`run/${key}`);
    const outcome = await bench.tokenkeeper(['deliver', key]);
    expect(outcome.code === 0 || outcome.code === 8).toBe(true);
    await waitFor(() => bench.read(`run/${key}`), { limitMs: 45_000 });
  });

  it('deliver tells why a sink has it not, and what to do', async () => {
    const { code, stdout } = await bench.tokenkeeper(['deliver', lagging]);
    expect(code).toBe(8);
    expect(stdout).toMatch(/: 1\/2 sinks have it\n {2}broken {2,}nothing yet {2}\S.* \(SinkRefused\).*\ndo: \S.*\n$/);
  });

  it('deliver tells that there is no value yet, and what to do', async () => {
    const outcome = await bench.tokenkeeper(['deliver', pasted]);
    const stdout = `${pasted} has no value to deliver: no value was imported yet\ndo: tokenkeeper import ${pasted}\n`;
    expect(outcome).toEqual({ code: 8, stdout, stderr: '' });
  });

  it('deliver ends with 124 where it is not known in time what became of it, and has waited as long as was said', async () => {
    const asked = vi.spyOn(TokenKeeperClient.prototype, 'deliver');
    asked.mockResolvedValueOnce({ status: 'pending', generation: 1, code: null, message: null, sinks: '' });
    const outcome = await bench.tokenkeeper(['deliver', key, '--timeout', '90s']);
    expect(asked).toHaveBeenCalledWith(key, expect.objectContaining({ deadlineMs: 90_000 }));
    asked.mockRestore();
    expect(outcome).toMatchObject({
      code: 124,
      stderr: `tokenkeeper: ${key} is still being delivered\ndo: tokenkeeper status ${key}\n`,
    });
  });

  it('deliver refuses a sink that the token does not have', async () => {
    const outcome = await bench.tokenkeeper(['deliver', key, '--sink', 'nowhere']);
    expect(outcome).toMatchObject({
      code: 1,
      stderr:
        'tokenkeeper: deliver refused: the token has no sink of that name (UnknownSink)\n' +
        `do: see its sinks: tokenkeeper status ${key}\n`,
    });
  });

  it('acknowledge counts a consumer that cannot be read back', async () => {
    const { generation } = await bench.status(lagging);
    const outcome = await bench.tokenkeeper(['acknowledge', lagging, 'broken', String(generation)]);
    expect(outcome).toMatchObject({ code: 0, stdout: `${lagging} gen ${generation}: 2/2 sinks have it\n` });
  });

  it('reauthorize issues anew', async () => {
    const { generation } = await bench.status(key);
    const outcome = await bench.tokenkeeper(['reauthorize', key, '--reason', 'new grant']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(
      new RegExp(
        `^${key} gen ${generation + 1} is issued: (2/2 sinks have it|\\d/2 sinks have it; delivery goes on, see: tokenkeeper status ${key})\n$`,
      ),
    );
    expect((await bench.status(key)).generation).toBe(generation + 1);
  });
});

const declaredStill = 'take it out of tokens.yaml, too: while it is declared, the next apply or up keeps it anew\n';

describe('revoke, forget, eject', () => {
  it('revoke asks first, then ends every value and empties the sinks', async () => {
    expect(await bench.tokenkeeper(['revoke', lagging])).toMatchObject({ code: 2 });
    await bench.declare({ [lagging]: { issuer: 'idp', sinks: ['files'] } });
    await bench.tokenkeeper(['apply']);
    const outcome = await bench.tokenkeeper(['revoke', lagging, '--yes', '--wait']);
    expect(outcome).toMatchObject({ code: 0, stdout: `${lagging}: revoked\n${declaredStill}` });
    await expect(bench.read(`run/${lagging}`)).rejects.toThrow('ENOENT');
    expect((await bench.tokenkeeper(['get', lagging])).stderr).toContain('(NotKept)');
  });

  it.each(['revoke', 'forget'])('%s of what nobody keeps is a failure, not a request', async (verb) => {
    expect(await bench.tokenkeeper([verb, bench.key('unknown'), '--yes'])).toMatchObject({
      code: 1,
      stdout: '',
      // To declare it would be no remedy for whoever wants its end.
      stderr: expect.stringMatching(
        /\(NotKept\)\ndo: nothing, where it has ended; see what is kept: tokenkeeper list\n$/,
      ),
    });
  });

  it.each([
    { verb: 'pause', more: [], said: 'paused until resumed' },
    { verb: 'resume', more: [], said: 'resumed' },
    { verb: 'rotate', more: [], said: 'rotation requested' },
    { verb: 'rotate', more: ['--wait'], said: /^KEY gen \d+ → \d+ in/m },
  ])('$verb $more of several goes on past one that nobody keeps', async ({ verb, more, said }) => {
    const { code, stdout, stderr } = await bench.tokenkeeper([verb, bench.key('unknown'), key, ...more]);
    expect(code).toBe(1);
    expect(stdout.replaceAll(key, 'KEY')).toMatch(typeof said === 'string' ? `KEY: ${said}` : said);
    expect(stderr).toMatch(/^tokenkeeper: no workflow \S+ is running .*\(NotKept\)\ndo: .*\n$/);
  });

  it('revoke and forget of several reach those behind one that has ended, or that cannot end yet', async () => {
    const names = ['first', 'stuck', 'slow', 'last'] as const;
    const [first, stuck, slow, last] = names.map((name) => bench.key(name)) as [string, string, string, string];
    const bare = { issuer: 'idp' };
    await bench.declare({ [first]: bare, [stuck]: { issuer: 'idp', sinks: ['files'] }, [slow]: bare, [last]: bare });
    await bench.tokenkeeper(['apply', '--wait']);
    expect(await bench.tokenkeeper(['forget', bench.key('unknown'), first, '--yes'])).toMatchObject({
      code: 1,
      stdout: `${first}: forgotten\n${declaredStill}`,
    });
    // A folder in the place of the value: the sink cannot be emptied.
    await rm(join(bench.folder, 'run', stuck));
    await mkdir(join(bench.folder, 'run', stuck));
    const argv = ['revoke', bench.key('unknown'), stuck, last, '--yes', '--wait', '--timeout', '10s'];
    const { code, stdout, stderr } = await bench.tokenkeeper(argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${last}: revoked\n${declaredStill}` });
    expect(stderr).toContain(`${stuck} is not closed yet`);
    const both = ['revoke', stuck, slow, '--yes', '--wait', '--timeout', '1s'];
    expect(await bench.tokenkeeper(both)).toMatchObject({ code: 124 });
    expect(await bench.tokenkeeper(['forget', stuck, '--yes'])).toMatchObject({ code: 0 });
  });

  it('revoke says who ends a value that only a person can end', async () => {
    const byHand = bench.key('by-hand');
    await bench.declare({ [byHand]: { issuer: 'manual', sinks: ['files'] } });
    await bench.tokenkeeper(['apply']);
    await waitFor(() => bench.status(byHand), { limitMs: 45_000, until: ({ mintable }) => mintable === false });
    expect((await bench.tokenkeeper(['revoke', byHand, '--yes'])).stdout).toContain(
      `${byHand}: revocation requested here; at the provider the value is good until a person ends it there: its issuer cannot\n`,
    );
    await bench.gone(byHand);
  });

  it('revoke says where a value lives on at a provider that revokes none', async () => {
    const plain = bench.key('plain');
    await bench.declare({ [plain]: { issuer: 'plain', grant: 'client_credentials', sinks: [] } });
    await bench.tokenkeeper(['apply']);
    await waitFor(() => bench.status(plain), { limitMs: 45_000, until: ({ mintable }) => mintable === true });
    expect((await bench.tokenkeeper(['revoke', plain, '--yes'])).stdout).toContain(
      `${plain}: revocation requested here; at the provider the value is good until it expires: its issuer revokes none\n`,
    );
    await bench.gone(plain);
  });

  it('forget keeps it no more, and leaves the value where it is', async () => {
    const value = await bench.read(`run/${key}`);
    const unconfirmed = await bench.tokenkeeper(['forget', key]);
    expect(unconfirmed).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('do: give --yes') });
    expect(await bench.status(key)).toMatchObject({ closing: null });
    const outcome = await bench.tokenkeeper(['forget', key, '--yes']);
    expect(outcome).toMatchObject({ code: 0, stdout: `${key}: forgotten\n${declaredStill}` });
    expect(await bench.read(`run/${key}`)).toBe(value);
    expect(bench.provider.isAlive(value.trim(), Date.now())).toBe(true);
  });

  it('eject forgets all, or those of one environment, once that is confirmed', async () => {
    const elsewhere = `${bench.environment}-too/c`;
    const token = { issuer: 'idp', sinks: ['files'] };
    await bench.declare({ [bench.key('a')]: token, [bench.key('b')]: { issuer: 'idp' }, [elsewhere]: token });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.indexed(bench.key('a'), bench.key('b'), pasted, elsewhere);
    const unconfirmed = await bench.tokenkeeper(['eject']);
    expect(unconfirmed).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('forget 4 tokens: ') });
    const one = await bench.tokenkeeper(['eject', '-e', `${bench.environment}-too`, '--yes']);
    expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining('1 token forgotten; ') });
    await bench.indexed(bench.key('a'), bench.key('b'), pasted);
    const outcome = await bench.tokenkeeper(['eject', '--yes']);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('3 tokens forgotten; the values stay good');
    expect(outcome.stdout).toMatch(/as long as tokens\.yaml declares them, the next apply or up keeps them anew\n$/);
    await waitFor(() => bench.tokenkeeper(['list', '-o', 'name']), {
      limitMs: 45_000,
      until: ({ stdout }) => stdout === '',
    });
  });
});
