import { beforeAll, describe, expect, it } from 'vitest';
import { jsonFields } from '../../src/cli/views/json-fields.js';
import { withCli, type Outcome } from '../support/cli.js';

const bench = withCli();
const fine = bench.key('fine');
const moved = bench.key('moved');
const old = bench.key('old');
const token = { issuer: 'idp', sinks: ['files', 'env'] };

type Row = Readonly<Record<string, unknown>>;

/** All of stdout is one document: an array of rows with the fields that the documents tell of the command. */
function rowsOf(command: keyof typeof jsonFields, { stdout }: Outcome): Row[] {
  const rows = JSON.parse(stdout) as Row[];
  for (const row of rows) expect(Object.keys(row).toSorted()).toEqual([...jsonFields[command]].toSorted());
  return rows;
}

beforeAll(async () => {
  await bench.declare({ [fine]: token, [moved]: token, [old]: token });
}, 60_000);

describe('apply -o json', () => {
  it('has a row a token by its key, whatever becomes of it, and lines on stderr only', async () => {
    const outcome = await bench.tokenkeeper(['apply', '--wait', '-o', 'json']);
    expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('3 tokens: 3 started') });
    expect(rowsOf('apply', outcome)).toEqual(
      [fine, moved, old].map((key) => ({ key, action: 'started', left: [], error: null })),
    );
  }, 120_000);

  it('tells which sinks a change left, why a token failed, and what was pruned', async () => {
    await bench.declare({ [fine]: token, [moved]: { ...token, sinks: ['files'] } });
    const changed = rowsOf('apply', await bench.tokenkeeper(['apply', '-o', 'json']));
    expect(changed).toEqual([
      { key: fine, action: 'unchanged', left: [], error: null },
      { key: moved, action: 'changed', left: ['env'], error: null },
    ]);
    const pruned = await bench.tokenkeeper(['apply', '--prune', '--yes', '-o', 'json']);
    expect(rowsOf('apply', pruned).slice(2)).toEqual([
      { key: old, action: 'revoked', left: [], error: null },
      { key: moved, action: 'emptying', left: ['env'], error: null },
    ]);
    const vaults = { local: { driver: 'embedded', path: 'vault.db' }, other: { driver: 'embedded', path: 'other.db' } };
    await bench.declare({ [fine]: token, [moved]: { ...token, sinks: ['files'], vault: 'other' } }, { vaults });
    const failed = await bench.tokenkeeper(['apply', '--wait', '-o', 'json']);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/1 failed\nthe others are delivered\n$/) });
    expect(rowsOf('apply', failed)[1]).toEqual({
      key: moved,
      action: 'failed',
      left: [],
      error: {
        message: expect.stringContaining('a token does not move to another vault'),
        code: 'VaultChanged',
        do: `tokenkeeper forget ${moved}, then: tokenkeeper apply --take-over`,
      },
    });
  }, 120_000);

  it('tells what was done before it ended in an error', async () => {
    const late = bench.key('late');
    await bench.declare({ [fine]: token, [late]: { issuer: 'idp', sinks: ['broken'] } });
    const outcome = await bench.tokenkeeper(['apply', '--wait', '--timeout', '1s', '-o', 'json']);
    expect(outcome.code).toBe(124);
    expect(rowsOf('apply', outcome)).toEqual([
      { key: fine, action: 'unchanged', left: [], error: null },
      { key: late, action: 'started', left: [], error: null },
    ]);
  }, 60_000);

  it('asks before it changes anything, and has no document where nobody allows it', async () => {
    const added = bench.key('added');
    await bench.declare({ [fine]: { ...token, sinks: ['files'] }, [added]: token });
    const outcome = await bench.tokenkeeper(['apply', '--prune', '-o', 'json']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toMatch(
      /^tokenkeeper: revoke .*; empty sink env of \S+\/fine: nobody .*\ndo: give --yes\n$/,
    );
    expect((await bench.status(fine)).sinks.map(({ sink }) => sink)).toEqual(['files', 'env']);
    expect((await bench.tokenkeeper(['plan', added])).stdout).toContain(`+ ${added}`);
  }, 60_000);
});

describe('rotate -o json', () => {
  it('has the generations with --wait, its progress on stderr', async () => {
    const { generation } = await bench.status(fine);
    const outcome = await bench.tokenkeeper(['rotate', fine, '--wait', '-o', 'json']);
    expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('✓ promoted') });
    expect(rowsOf('rotate', outcome)).toEqual([
      {
        key: fine,
        action: 'rotated',
        before: generation,
        generation: generation + 1,
        expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
        sinks: { acknowledged: 2, total: 2 },
        tookMs: expect.any(Number),
        error: null,
      },
    ]);
  }, 60_000);

  it('tells what was asked for before a token failed, and why that one did', async () => {
    const outcome = await bench.tokenkeeper(['rotate', fine, bench.key('finer'), '-o', 'json']);
    expect(outcome.code).toBe(1);
    expect(rowsOf('rotate', outcome)).toMatchObject([
      { key: fine, action: 'requested', error: null },
      {
        key: bench.key('finer'),
        action: 'failed',
        error: { message: expect.stringMatching(/did you mean [^?]*\?$/), code: 'NotKept' },
      },
    ]);
    expect(outcome.stderr.match(/did you mean/g)).toHaveLength(1);
  }, 60_000);

  it('tells the code of what a provider refused', async () => {
    bench.provider.failNext('InvalidClient', 3);
    const outcome = await bench.tokenkeeper(['rotate', fine, '--wait', '-o', 'json']);
    bench.provider.recover();
    const [row] = rowsOf('rotate', outcome);
    expect(row).toMatchObject({ action: 'failed', error: { code: 'InvalidClient' } });
    expect(row).not.toMatchObject({ error: { message: expect.stringContaining('InvalidClient)') } });
    await bench.tokenkeeper(['rotate', fine, '--wait']);
  }, 60_000);
});

describe('the other commands with -o json', () => {
  it('plan has what stays, what changes, and sinks that would be left', async () => {
    await bench.declare({ [fine]: { ...token, sinks: ['files'] } });
    const outcome = await bench.tokenkeeper(['plan', fine, '-o', 'json']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf('plan', outcome)).toMatchObject([
      { key: fine, action: 'change', words: 'sinks -env  (in place, no rotation)', sink: null },
      { key: fine, action: 'leftover', sink: 'env' },
    ]);
  });

  it('doctor has a row a finding, and its code', async () => {
    await bench.declare({ [fine]: { ...token, sinks: ['broken'] } });
    const outcome = await bench.tokenkeeper(['doctor', '-o', 'json']);
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    const rows = rowsOf('doctor', outcome);
    expect(rows[0]).toMatchObject({ level: 'good', what: 'configuration', do: null });
    expect(rows.at(-1)).toMatchObject({ level: 'bad', what: `${fine} sink broken`, do: expect.any(String) });
  });

  it('upgrade has the rules before and after', async () => {
    const outcome = await bench.tokenkeeper(['upgrade', fine, bench.key('nothing-like-it'), '-o', 'json']);
    expect(outcome.code).toBe(1);
    expect(rowsOf('upgrade', outcome)).toMatchObject([
      { key: fine, action: 'same', rules: { before: expect.any(Number), after: expect.any(Number) }, error: null },
      { action: 'failed', rules: null, error: { code: 'NotKept' } },
    ]);
  });

  it('list has the fields that are told', async () => {
    const rows = rowsOf('list', await bench.tokenkeeper(['list', '-o', 'json']));
    expect(rows.length).toBeGreaterThan(0);
  });
});
