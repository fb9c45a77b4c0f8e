import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const token = { issuer: 'idp', sinks: ['files'] };

/** Writes what is declared to another file, with the vault at another path. @returns options for a command to use it */
async function elsewhere(file: string, path: string): Promise<string[]> {
  const config = JSON.parse(await bench.read('tokens.yaml')) as object;
  await writeFile(
    join(bench.folder, file),
    JSON.stringify({ ...config, vaults: { local: { driver: 'embedded', path } } }),
  );
  const others = bench.flags.filter((flag) => flag !== '--config' && flag !== bench.configFile);
  return [...others, '--config', join(bench.folder, file)];
}

describe('plan', () => {
  it('tells what apply would do, by its exit code too, and asks no provider', async () => {
    const [one, two, old] = [bench.key('one'), bench.key('two'), bench.key('old')];
    await bench.declare({ [one]: token, [old]: token });
    const fresh = await bench.tokenkeeper(['plan', '--detailed-exitcode']);
    expect(fresh).toMatchObject({ code: 2, stderr: '' });
    expect(fresh.stdout).toContain(`+ ${one}  new → 1 sink\n`);
    await bench.tokenkeeper(['apply', '--wait']);
    expect(await bench.tokenkeeper(['plan', '--detailed-exitcode'])).toMatchObject({
      code: 0,
      stdout: 'Nothing to change. No provider was asked for a token.\n',
    });
    const { counts } = bench.provider;
    await waitFor(() => bench.tokenkeeper(['list', '-o', 'json']), {
      limitMs: 45_000,
      until: ({ stdout }) => stdout.split('"healthy"').length === 3,
    });
    await bench.declare({ [one]: { ...token, scopes: ['more'] }, [two]: token });
    const changed = await bench.tokenkeeper(['plan', '--detailed-exitcode']);
    expect(changed.code).toBe(2);
    expect(changed.stdout.split('\n').slice(0, 4)).toEqual([
      `! ${one}  scopes +more  (rotates now)`,
      `+ ${two}  new → 1 sink`,
      `- ${old}  undeclared: kept; apply --prune would revoke gen 1, empty 1 sink`,
      '1 add, 1 rotate. No provider was asked for a token.',
    ]);
    expect(bench.provider.counts).toEqual(counts);
  });

  it('looks only at the tokens that are named, and says which are not declared', async () => {
    const [one, two] = [bench.key('only-one'), bench.key('only-two')];
    await bench.declare({ [one]: token, [two]: token });
    const { stdout } = await bench.tokenkeeper(['plan', one]);
    expect(stdout).toContain(`+ ${one}`);
    expect(stdout).not.toContain(two);
    // Others are neither changed nor pruned by an apply of these.
    expect(stdout).not.toContain('undeclared');
    expect((await bench.tokenkeeper(['plan', bench.key('nowhere')])).stderr).toContain('is not declared (NotKept)');
  });

  it('finds a record that another workflow keeps', async () => {
    const key = bench.key('kept');
    await bench.declare({ [key]: token });
    await bench.tokenkeeper(['apply', '--wait']);
    const outcome = await bench.tokenkeeper(['plan', key, '--prefix', 'elsewhere']);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain(
      `x ${key}  kept by workflow ${bench.environment}/${key} in namespace default: needs --take-over\n`,
    );
    // As planned: a workflow of ours would only wait for the other one.
    expect(await bench.tokenkeeper(['apply', key, '--prefix', 'elsewhere'])).toEqual({
      code: 1,
      stdout: `x ${key}  failed\n1 token: 0 started, 0 changed, 0 unchanged, 1 failed\n`,
      stderr: `tokenkeeper: ${key} is not started: kept by workflow ${bench.environment}/${key} in namespace default (NotOwner)\ndo: another workflow keeps this token; if it is gone: tokenkeeper apply --take-over\n`,
    });
    expect((await bench.tokenkeeper(['status', key, '--prefix', 'elsewhere'])).stderr).toContain('(NotKept)');
    // One that lost its record runs, and takes what is declared all the same.
    expect((await bench.tokenkeeper(['apply', key, '--prefix', 'elsewhere', '--take-over'])).code).toBe(0);
    await bench.declare({ [key]: { ...token, owner: 'web' } });
    expect(await bench.tokenkeeper(['apply', key])).toMatchObject({ code: 0, stderr: '' });
  });

  it('starts a token whose vault cannot be read from here', async () => {
    const key = bench.key('unread');
    await bench.declare({ [key]: token });
    await bench.tokenkeeper(['apply', '--wait']);
    const here = [...(await elsewhere('elsewhere.yaml', 'no.db')), '--prefix', 'unread'];
    expect(await bench.raw([...here, 'apply'])).toMatchObject({ code: 0, stderr: '' });
    expect((await bench.raw([...here, 'forget', key, '--yes'])).code).toBe(0);
  });

  it('finds what is not ours before apply does', async () => {
    const key = bench.key('foreign');
    await mkdir(dirname(join(bench.folder, 'run', key)), { recursive: true });
    await writeFile(join(bench.folder, 'run', key), 'somebody else’s', { mode: 0o600 });
    await bench.declare({ [key]: token });
    const outcome = await bench.tokenkeeper(['plan', '--detailed-exitcode']);
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(outcome.stdout).toContain(`x ${key}  files: a value is there that is not ours: needs --take-over\n`);
    expect((await bench.tokenkeeper(['plan', '--take-over'])).code).toBe(0);
    expect((await bench.tokenkeeper(['apply', '--wait', '--timeout', '1s'])).code).toBe(124);
    expect(await bench.read(`run/${key}`)).toBe('somebody else’s');
    const taken = await bench.tokenkeeper(['apply', key, '--take-over', '--wait']);
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(await bench.read(`run/${key}`)).toMatch(/^example-/);
    // The permission ends with it.
    expect((await bench.tokenkeeper(['plan', key, '--detailed-exitcode'])).code).toBe(0);
    await writeFile(join(bench.folder, 'run', key), 'somebody else’s again');
    await bench.tokenkeeper(['rotate', key, '--wait', '--timeout', '1s']);
    expect(await bench.read(`run/${key}`)).toBe('somebody else’s again');
  });
});

describe('doctor', () => {
  it('looks at everything and ends with 1 where something is bad', async () => {
    await bench.declare(
      { [bench.key('good')]: token, [bench.key('bad')]: { issuer: 'idp', sinks: ['broken'] } },
      { issuers: { idp: { driver: 'example', provider: bench.environment, credentialExpiresAt: '2001-01-01' } } },
    );
    const { code, stdout } = await bench.tokenkeeper(['doctor']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✓ configuration: 2 tokens, 5 connections\n✓ Temporal: 127.0.0.1:\d+, namespace default\n/);
    expect(stdout).toContain('✓ search attributes: all there\n');
    expect(stdout).toMatch(/✓ worker: \d+ workers? on task queue \S+: \d+@\S+/);
    expect(stdout).toMatch(/✓ vault local: opens, id /);
    expect(stdout).toContain('✗ issuer idp: its credential expired on 2001-01-01\n  do: renew the credential');
    expect(stdout).toMatch(new RegExp(`✗ ${bench.key('bad')} sink broken: .*\\(SinkRefused\\)\n  do: `));
    expect(stdout).toContain(`✓ ${bench.key('good')}: issuer and 1 sink are ready\n`);
  });

  it('warns of a vault that any user of the host may write', async () => {
    // Beside the one of the other tests: the worker reads this, too, and what it adopts meanwhile is kept in that vault for good.
    await bench.declare(
      { [bench.key('good')]: { ...token, vault: 'local' } },
      { vaults: { local: { driver: 'embedded' }, open: { driver: 'embedded', path: 'open/vault.db' } } },
    );
    await bench.tokenkeeper(['vault', 'init', 'open']);
    const vault = join(bench.folder, 'open');
    await chmod(vault, 0o777);
    const outcome = await bench.tokenkeeper(['doctor']);
    expect(outcome.stdout).toContain(
      `! vault open: any user of this host may write ${vault}\n  do: chmod o-w ${vault}\n`,
    );
    await chmod(vault, 0o770);
    expect((await bench.tokenkeeper(['doctor'])).stdout).toMatch(/✓ vault open: opens, id /);
  });

  it('warns of an environment file that any user of the host may read, which keeps its mode', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-open-'));
    const path = join(folder, '.env');
    await writeFile(path, 'OTHER=1\n', { mode: 0o644 });
    await bench.declare(
      { [bench.key('good')]: { ...token, sinks: ['env'] } },
      // The sink of the next test's token stays: a worker that has not read that configuration yet would refuse it for a minute.
      { sinks: { env: { driver: 'dotenv', path }, files: { driver: 'file', root: 'run', mode: '0600' } } },
    );
    const warned = async () => (await bench.tokenkeeper(['doctor'])).stdout.includes(words);
    const words = `! sink env: any user of this host may read ${path} and the values in it\n  do: chmod o-r ${path}\n`;
    const seen: boolean[] = [];
    for (const [folderMode, mode] of [
      [0o755, 0o644],
      [0o750, 0o644],
      [0o755, 0o640],
    ] as const) {
      await chmod(folder, folderMode);
      await chmod(path, mode);
      seen.push(await warned());
    }
    await rm(folder, { recursive: true });
    expect(seen).toEqual([true, false, false]);
  });

  it('reports a token that is kept in another vault than the one that opens here', async () => {
    const key = bench.key('elsewhere');
    await bench.declare({ [key]: token });
    await bench.tokenkeeper(['apply']);
    await waitFor(() => bench.status(key), { limitMs: 45_000, until: ({ state }) => state === 'healthy' });
    // In a file of its own: what the worker adopts by it would be kept in that vault for good.
    const here = await elsewhere('other.yaml', 'other.db');
    await bench.raw([...here, 'vault', 'init', 'local']);
    const { code, stdout } = await bench.raw([...here, 'doctor']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`✗ ${key}: it is kept in another vault \\(\\S+\\) than local, which opens here \\(\\S+\\)\n  do: use`),
    );
    // Its own value in a sink would be taken for somebody else's, and its remedy cost the last good copy.
    expect(stdout).not.toMatch(/not ours|take-over/);
  });

  it('says what to do with the names of the token and the sink', async () => {
    const key = bench.key('hooked');
    await bench.declare(
      { [key]: { issuer: 'idp', sinks: ['hook'] } },
      { sinks: { hook: { driver: 'webhook', url: 'http://127.0.0.1:1/tokens', secret: '${env:HOOK_SECRET}' } } },
    );
    const env = { HOOK_SECRET: `whsec_${Buffer.alloc(24).toString('base64')}` };
    const { code, stdout } = await bench.tokenkeeper(['doctor'], { env });
    expect(code).toBe(1);
    expect(stdout).toContain(`do: fix the receiver, or: tokenkeeper deliver ${key} --sink hook\n`);
  });

  it('says whom it could not tell of trouble', async () => {
    const notify = [{ log: true }, { webhook: '${env:ALERTS}' }];
    await bench.declare({}, { notify });
    const look = (env: Record<string, string>) => bench.tokenkeeper(['doctor'], { env });
    const unset = await look({});
    expect(unset.code).toBe(1);
    expect(unset.stdout).toContain(
      '✗ notify[1]: ${env:ALERTS} is not set (ReferenceUnresolved)\n  do: set the environment variable where',
    );
    // The variable may be set where the worker runs.
    expect(unset.stdout).toContain('the reference names; seen from this shell, the worker has its own\n');
    expect((await look({ ALERTS: 'ops.example' })).stdout).toMatch(
      /✗ notify\[1\]: .*must be an http.*\(ConfigInvalid\)/,
    );
    // Nothing listens there: nobody is told.
    const set = await look({ ALERTS: 'http://127.0.0.1:1/' });
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ notify: log, webhook\n') });
  });

  it('tells tokens that hold the same value', async () => {
    const [one, two] = [bench.key('same-one'), bench.key('same-two')];
    const manual = { issuer: 'manual', sinks: ['files'] };
    await bench.declare({ [one]: manual, [two]: manual });
    for (const [key, value] of [
      [one, 'pasted-for-both'],
      [two, 'another-one'],
    ] as const)
      await bench.tokenkeeper(['import', key], { stdin: value });
    await bench.tokenkeeper(['apply', '--wait']);
    expect((await bench.tokenkeeper(['doctor'])).stdout).not.toContain('same value');
    await bench.tokenkeeper(['import', two], { stdin: 'pasted-for-both' });
    await waitFor(() => bench.status(two), { limitMs: 45_000, until: ({ generation }) => generation === 2 });
    const { code, stdout } = await bench.tokenkeeper(['doctor']);
    expect(stdout).toContain(`! tokens: ${one}, ${two} hold one and the same value: the end of one is`);
    expect(code).toBe(0);
  });

  it('ends with 0 where all is good, and tells what is declared and kept by nothing', async () => {
    const key = bench.key('all-good');
    await bench.declare({ [key]: token });
    const unkept = `! tokens: nothing keeps ${key}, though declared\n  do: tokenkeeper apply\n`;
    const before = await bench.tokenkeeper(['doctor']);
    expect(before.stdout).toContain(unkept);
    expect(before).toMatchObject({ code: 0, stdout: expect.stringContaining(', 1 to look at, 0 bad\n') });
    await bench.tokenkeeper(['apply']);
    const after = await bench.tokenkeeper(['doctor']);
    expect(after).toMatchObject({ code: 0, stdout: expect.stringContaining(', 0 to look at, 0 bad\n') });
  });
});

it('tells of a changed issuer what then happens to the value', async () => {
  const [minted, brought] = [bench.key('minted'), bench.key('brought')];
  const manual = { issuer: 'manual', sinks: ['files'] };
  await bench.declare({ [minted]: token, [brought]: manual });
  await bench.tokenkeeper(['import', brought], { stdin: 'glpat-brought' });
  await bench.tokenkeeper(['apply', '--wait']);
  await bench.declare({ [minted]: manual, [brought]: token });
  const { stdout } = await bench.tokenkeeper(['plan', minted, brought]);
  expect(stdout).toContain(`~ ${minted}   issuer idp → manual  (in place, no rotation)`);
  expect(stdout).toContain(`! ${brought}  issuer manual → idp  (rotates now)`);
  await bench.tokenkeeper(['apply', minted, brought]);
  await waitFor(() => bench.status(brought), { limitMs: 45_000, until: ({ generation }) => generation === 2 });
  await waitFor(() => bench.status(minted), { limitMs: 45_000, until: ({ mintable }) => mintable === false });
  expect(await bench.status(minted)).toMatchObject({ generation: 1, problem: null });
}, 120_000);
