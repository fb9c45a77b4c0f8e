import { describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const token = { issuer: 'idp', sinks: ['files', 'env'] };

describe('apply', () => {
  it('starts what is declared, waits until it is delivered, and changes nothing the second time', async () => {
    const [one, two] = [bench.key('one'), bench.key('two')];
    await bench.declare({ [one]: token, [two]: token });
    const first = await bench.tokenkeeper(['apply', '--wait']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain(`+ ${one}  started → 2 sinks\n`);
    expect(first.stdout).toContain('2 tokens: 2 started, 0 changed, 0 unchanged\nall delivered\n');
    const { counts } = bench.provider;
    const second = await bench.tokenkeeper(['apply']);
    // What stays as it is is only counted: of a thousand tokens nobody would find the one that changed.
    expect(second.stdout).toBe('2 tokens: 0 started, 0 changed, 2 unchanged\n');
    expect(bench.provider.counts).toEqual(counts);
  });

  it('does not wait for a value that only a person can bring, and does not call it delivered', async () => {
    const [kept, brought] = [bench.key('kept'), bench.key('brought')];
    await bench.declare({ [kept]: token, [brought]: { issuer: 'manual', sinks: ['files'] } });
    const { code, stdout } = await bench.tokenkeeper(['apply', '--wait']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/: 2 started, .*\n.*\nthe others are delivered\n$/);
    expect(stdout).toContain(`no living value yet, tokenkeeper import KEY brings it: ${brought}\n`);
  });

  it('changes in place what differs', async () => {
    const key = bench.key('changing');
    await bench.declare({ [key]: token });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.declare({ [key]: { ...token, renewBefore: '50%' } });
    expect((await bench.tokenkeeper(['apply'])).stdout).toBe(
      `~ ${key}  changed\n1 token: 0 started, 1 changed, 0 unchanged\n`,
    );
    expect(await bench.status(key)).toMatchObject({ generation: 1, state: 'healthy' });
  });

  it('with --wait does not take the old value, which every sink has, for the one that a change asks for', async () => {
    const key = bench.key('other-scopes');
    await bench.declare({ [key]: token });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.declare({ [key]: { ...token, scopes: ['read'] } });
    bench.provider.failNext('InvalidScope', 100);
    const early = await bench.tokenkeeper(['apply', key, '--wait', '--timeout', '3s']).finally(() => {
      bench.provider.recover();
    });
    expect(early).toMatchObject({ code: 124, stderr: expect.stringContaining('generation 1, 2/2 sinks') });
    await bench.tokenkeeper(['rotate', key]);
    expect(await bench.tokenkeeper(['apply', key, '--wait'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('all delivered'),
    });
    expect(await bench.status(key)).toMatchObject({ generation: 2, acknowledged: 2 });
  }, 90_000);

  it('takes another order of fields for no change, and rotates nothing for it beside one', async () => {
    const key = bench.key('reordered');
    const claims = { team: 'web', tier: 'one' };
    const claimsAnew = { tier: 'one', team: 'web' };
    await bench.declare({ [key]: { ...token, claims, expect: claims } });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.declare({ [key]: { ...token, claims: claimsAnew, expect: claimsAnew } });
    expect((await bench.tokenkeeper(['plan', key])).stdout).toContain('Nothing to change.');
    expect((await bench.tokenkeeper(['apply', key])).stdout).toContain('1 unchanged');
    await bench.declare({ [key]: { ...token, claims: claimsAnew, expect: claimsAnew, renewBefore: '50%' } });
    expect((await bench.tokenkeeper(['plan', key])).stdout).toContain('(in place, no rotation)');
    expect((await bench.tokenkeeper(['apply', key, '--wait'])).stdout).toContain('1 changed');
    expect(await bench.status(key)).toMatchObject({ generation: 1, state: 'healthy' });
  }, 60_000);

  it('changes an owner where list looks for it, too', async () => {
    const key = bench.key('handed-over');
    await bench.declare({ [key]: { ...token, owner: 'web' } });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.declare({ [key]: { ...token, owner: 'payments' } });
    await bench.tokenkeeper(['apply']);
    // What list shows lags a moment behind.
    const ofOwner = (owner: string) => () => bench.tokenkeeper(['list', '--owner', owner, '-o', 'name']);
    await waitFor(ofOwner('payments'), { limitMs: 45_000, until: ({ stdout }) => stdout === `${key}\n` });
    expect((await ofOwner('web')()).stdout).toBe('');
  });

  it('revokes what is no longer declared only with --prune, and only when that is confirmed', async () => {
    const [kept, old] = [bench.key('kept'), bench.key('old')];
    await bench.declare({ [kept]: token, [old]: token });
    await bench.tokenkeeper(['apply', '--wait']);
    await bench.declare({ [kept]: token });
    await bench.tokenkeeper(['apply']);
    await bench.indexed(kept, old);
    expect(await names()).toContain(old);
    // Keys are all that the command may touch.
    expect(await bench.tokenkeeper(['apply', kept, '--prune', '--yes'])).toMatchObject({
      code: 0,
      stdout: '1 token: 0 started, 0 changed, 1 unchanged\n',
    });
    const unconfirmed = await bench.tokenkeeper(['apply', '--prune']);
    expect(unconfirmed).toMatchObject({ code: 2 });
    expect(unconfirmed.stderr).toContain('do: give --yes');
    const pruned = await bench.tokenkeeper(['apply', '--prune', '--yes']);
    expect(pruned).toMatchObject({ code: 0 });
    expect(pruned.stdout).toContain(`- ${old}  revocation requested\n`);
    await bench.gone(old);
    expect(await names()).toContain(kept);
  });

  it('says what is not there yet, and ends with 124, when waiting takes too long', async () => {
    const key = bench.key('stuck');
    await bench.declare({ [key]: { issuer: 'idp', sinks: ['files', 'broken'] } });
    const outcome = await bench.tokenkeeper(['apply', '--wait', '--timeout', '1s']);
    expect(outcome.code).toBe(124);
    expect(outcome.stderr).toContain(`tokenkeeper: ${key} is not there yet: `);
    expect(outcome.stderr).toContain(`do: tokenkeeper status ${key}\n`);
  });

  it('gives a permission to take over back before Ctrl-C ends it', async () => {
    const key = bench.key('taking');
    await bench.declare({ [key]: { issuer: 'idp', sinks: ['files', 'broken'] } });
    const taking = bench.start(['apply', '--take-over', key]);
    const plan = () => bench.tokenkeeper(['plan', key]);
    await waitFor(plan, { limitMs: 45_000, until: (said) => said.stdout.includes('in place') });
    taking.stop();
    const { code, stdout } = await taking.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('1 token: 1 started');
    expect((await plan()).stdout).toContain('Nothing to change.');
  }, 60_000);
});

async function names(): Promise<string[]> {
  return (await bench.tokenkeeper(['list', '-o', 'name'])).stdout.split('\n');
}
