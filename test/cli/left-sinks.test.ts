import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leftoversOf } from '../../src/cli/apply/left-sinks.js';
import type { LeftSink } from '../../src/core/lifecycle/state.js';
import { variableOf } from '../../src/sinks/variable-of.js';
import { markPathOf } from '../../src/sinks/private-names.js';
import { withCli } from '../support/cli.js';
import { tokenSpec } from '../support/lifecycle.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const both = { issuer: 'idp', sinks: ['files', 'env'] };
const filesOnly = { issuer: 'idp', sinks: ['files'] };
const envFile = (): string => join(bench.folder, 'run/all.env');

/** A token with both sinks, delivered. */
async function keep(name: string): Promise<string> {
  const key = bench.key(name);
  await bench.declare({ [key]: both });
  await bench.tokenkeeper(['apply', '--wait']);
  return key;
}

const isThere = (path: string): Promise<boolean> =>
  access(join(bench.folder, path)).then(
    () => true,
    () => false,
  );

describe('what plan tells of sinks that are taken out', () => {
  const spec = tokenSpec({ key: 'staging/billing' });
  const [one, two] = spec.sinks;
  const row = { acknowledged: 3, acknowledgedAt: 0, laggingSince: null, error: null, holdsForMs: 0, drifted: false };
  const current = {
    generation: 3,
    fingerprint: 'x',
    issuedAt: 0,
    expiresAt: null,
    renewAt: null,
    verifiedAt: null,
    verifiedBy: null,
  };
  const running = (more: object = {}) => ({ spec, current, sinks: { one: row, two: row }, left: [], ...more });
  const left = (more: Partial<LeftSink>): LeftSink => ({
    sink: two!,
    generation: 2,
    revision: 4,
    emptying: null,
    ...more,
  });
  const without = running({ spec: { ...spec, sinks: [one] } });
  const empties = 'apply --prune would empty it';

  it.each([
    ['by this change', running(), [one], ['one', 'two'], [`sink two taken out: keeps generation 3; ${empties}`]],
    [
      'by an earlier one',
      { ...without, left: [left({})] },
      [one],
      ['one', 'two'],
      [`sink two taken out: keeps generation 2; ${empties}`],
    ],
    [
      'that nobody knows the content of',
      { ...without, left: [left({ generation: 0 })] },
      [one],
      ['one', 'two'],
      [`sink two taken out: may keep a value; ${empties}`],
    ],
    [
      'and put elsewhere',
      running(),
      [one, { ...two!, target: { path: 'x' } }],
      ['one', 'two'],
      [`sink two moved, its old place: keeps generation 3; ${empties}`],
    ],
    [
      'together with their connection',
      running(),
      [one],
      ['one'],
      ['sink two taken out: keeps generation 3; its connection is gone too, so that nothing can empty it'],
    ],
    ['with their connection, once it was told', { ...without, left: [left({})] }, [one], ['one'], []],
    ['and are being emptied', { ...without, left: [left({ emptying: { at: 0, actor: 'ana' } })] }, [one], ['two'], []],
    ['and come back', { ...without, left: [left({})] }, [one, two], ['one', 'two'], []],
  ])('%s', (_name, state, sinks, connections, words) => {
    const rows = leftoversOf({ ...spec, sinks: sinks as typeof spec.sinks }, state, new Set(connections));
    expect(rows.map((one) => one.words)).toEqual(words);
    expect(rows.every(({ key, action, sink }) => key === spec.key && action === 'leftover' && sink === 'two')).toBe(
      true,
    );
  });
});

describe('a sink that is taken out of a token', () => {
  it('is shown by plan and apply, kept without --prune, and emptied with it', async () => {
    const key = await keep('taken-out');
    await writeFile(envFile(), `OTHER=stays\n${await bench.read('run/all.env')}`);
    await bench.declare({ [key]: filesOnly });
    const told = `- ${key}  sink env taken out: keeps generation 1; apply --prune would empty it`;
    const planned = await bench.tokenkeeper(['plan', '--detailed-exitcode']);
    expect(planned).toMatchObject({ code: 2, stderr: '' });
    expect(planned.stdout.split('\n').slice(0, 3)).toEqual([
      `~ ${key}  sinks -env  (in place, no rotation)`,
      told,
      '1 change, 1 leftover. No provider was asked for a token.',
    ]);
    expect((await bench.tokenkeeper(['apply'])).stdout).toBe(
      `~ ${key}  changed\n${told}\n1 token: 0 started, 1 changed, 0 unchanged\n`,
    );
    expect(await bench.read('run/all.env')).toContain(`${variableOf(key)}=`);
    const json = await bench.tokenkeeper(['plan', '--detailed-exitcode', '-o', 'json']);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toContainEqual(
      expect.objectContaining({ key, action: 'leftover', sink: 'env', words: told.slice(`- ${key}  `.length) }),
    );
    expect((await bench.tokenkeeper(['status', key])).stdout).toMatch(/\n {2}env +taken out, keeps generation 1\n/);

    const unconfirmed = await bench.tokenkeeper(['apply', '--prune']);
    expect(unconfirmed.code).toBe(2);
    expect(unconfirmed.stderr).toContain(`empty sink env of ${key}: nobody is there to confirm it`);
    const pruned = await bench.tokenkeeper(['apply', '--prune', '--yes', '--wait']);
    expect(pruned).toMatchObject({ code: 0, stderr: '' });
    expect(pruned.stdout).toContain(`- ${key}  emptying sink env\nall delivered\n`);
    expect(await bench.read('run/all.env')).toBe('OTHER=stays\n');
    expect(await bench.read(`run/${key}`)).toMatch(/^example-/);
    expect((await bench.tokenkeeper(['history', key])).stdout).toMatch(/emptied +1 +sink env +\S/);
    expect(await bench.tokenkeeper(['plan', '--detailed-exitcode'])).toMatchObject({ code: 0 });
    expect(await bench.status(key)).toMatchObject({ state: 'healthy', generation: 1, left: [] });
  });

  it('is emptied by the apply that takes it out, where that prunes; what moved, at its old place only', async () => {
    const key = await keep('moved');
    await bench.declare({ [key]: { issuer: 'idp', sinks: [{ sink: 'files', path: 'elsewhere/token' }] } });
    expect((await bench.tokenkeeper(['plan'])).stdout).toContain(
      'sink files moved, its old place: keeps generation 1; apply --prune would empty it',
    );
    const pruned = await bench.tokenkeeper(['apply', '--prune', '--yes', '--wait']);
    expect(pruned.stdout).toContain(`- ${key}  emptying sinks files, env\n`);
    expect(await isThere(`run/${key}`)).toBe(false);
    expect(await bench.read('run/elsewhere/token')).toMatch(/^example-/);
    expect(await bench.read('run/all.env')).not.toContain(variableOf(key));
  });

  it('keeps what somebody else put there since', async () => {
    const key = await keep('foreign');
    await bench.declare({ [key]: { issuer: 'idp', sinks: ['env'] } });
    await writeFile(join(bench.folder, 'run', key), 'somebody else’s');
    await bench.tokenkeeper(['apply', '--prune', '--yes', '--wait']);
    expect(await bench.read(`run/${key}`)).toBe('somebody else’s');
    expect((await bench.status(key)).left).toEqual([]);
  });

  it('is emptied although another token could not be applied, whose sinks keep what they have', async () => {
    const [stuck, fine] = [bench.key('left-a-stuck'), bench.key('left-b-fine')];
    await bench.declare({ [stuck]: both, [fine]: both });
    await bench.tokenkeeper(['apply', '--wait']);
    const vaults = { local: { driver: 'embedded', path: 'vault.db' }, other: { driver: 'embedded', path: 'other.db' } };
    await bench.declare(
      { [stuck]: { ...filesOnly, vault: 'other' }, [fine]: { ...filesOnly, vault: 'local' } },
      { vaults },
    );
    const pruned = await bench.tokenkeeper(['apply', stuck, fine, '--prune', '--yes', '-o', 'json']);
    expect(JSON.parse(pruned.stdout)).toMatchObject([
      { key: stuck, action: 'failed' },
      { key: fine, action: 'changed' },
      { key: fine, action: 'emptying', left: ['env'] },
    ]);
    await waitFor(() => bench.read('run/all.env'), {
      limitMs: 30_000,
      until: (text) => text.includes(variableOf(stuck)) && !text.includes(variableOf(fine)),
    });
  });

  it('is not emptied when it comes back, nor where it serves another token by then', async () => {
    const [key, heir] = [await keep('back'), bench.key('heir')];
    const place = { sink: 'env', name: 'SHARED' };
    await bench.declare({ [key]: { issuer: 'idp', sinks: [place] } });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.declare({ [key]: filesOnly });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.declare({ [key]: both });
    await bench.tokenkeeper(['apply', '--wait']);
    expect((await bench.status(key)).left.map(({ sink }) => sink)).toEqual(['env']);
    await bench.declare({ [key]: both, [heir]: { issuer: 'idp', sinks: [{ ...place, takeOver: true }] } });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.tokenkeeper(['apply', '--prune', '--yes', '--wait']);
    expect((await bench.status(key)).left).toEqual([]);
    const lines = (await bench.read('run/all.env')).split('\n').filter((line) => /^(SHARED|BACK)=/.test(line));
    expect(new Set(lines.map((line) => line.split('=')[0]))).toEqual(new Set(['BACK', 'SHARED']));
    expect(lines.find((line) => line.startsWith('SHARED='))).toContain(
      (await bench.tokenkeeper(['get', heir])).stdout.trim(),
    );
  });

  it('that cannot be emptied is tried again, and seen in status', async () => {
    const key = await keep('stuck');
    await bench.declare({ [key]: { issuer: 'idp', sinks: ['env'] } });
    await writeFile(markPathOf(join(bench.folder, 'run', key)), 'no mark');
    await bench.tokenkeeper(['apply', '--prune', '--yes']);
    // While an attempt runs, no next one is told.
    const told = /\n {2}files +taken out, keeps generation 1 {2}being emptied for \d+[smh]: .* is damaged ×\d+, next/;
    await waitFor(async () => (await bench.tokenkeeper(['status', key])).stdout, {
      limitMs: 45_000,
      until: (said) => told.test(said),
    });
    const status = await bench.status(key);
    expect(status).toMatchObject({ state: 'healthy', acknowledged: 1, total: 1 });
    expect(status.left).toMatchObject([{ sink: 'files', generation: 1, error: { code: 'SinkRefused' } }]);
    expect((await bench.tokenkeeper(['plan', '--detailed-exitcode'])).code).toBe(0);
  });
});
