import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import type { TokenRow } from '../../src/client/list.js';
import { withCli } from '../support/cli.js';

const bench = withCli();
const [kept, gone] = [bench.key('kept'), bench.key('gone')];
const token = { issuer: 'idp', sinks: ['files'] };

const rowOf = (key: string): TokenRow => ({
  key,
  state: 'healthy',
  generation: 1,
  expiresAt: null,
  renewAt: null,
  sinks: { acknowledged: 1, total: 1 },
  owner: 'platform',
  issuer: 'idp',
});

beforeAll(async () => {
  await bench.declare({ [kept]: token });
  await bench.tokenkeeper(['apply', '--wait']);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The index a moment late: it shows a token that has just been closed. */
function showGone(): void {
  vi.spyOn(TokenKeeperClient.prototype, 'list').mockResolvedValue([gone, kept].map(rowOf));
}

describe('a token that was listed as healthy and has died since, as where no worker runs', () => {
  it('is shown as expired, and is not well', async () => {
    const dead = { ...rowOf(kept), expiresAt: new Date(Date.now() - 1_000).toISOString() };
    vi.spyOn(TokenKeeperClient.prototype, 'list').mockResolvedValue([dead]);
    const { code, stdout } = await bench.tokenkeeper(['list', '--check', '-o', 'json']);
    expect({ code, rows: JSON.parse(stdout) as unknown }).toMatchObject({ code: 8, rows: [{ state: 'expired' }] });
  });
});

describe('a token that is listed still and kept no more', () => {
  it('holds up no prune', async () => {
    showGone();
    expect(await bench.tokenkeeper(['apply', '--prune', '--yes'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`- ${gone}  gone already\n`),
      stderr: '',
    });
  });

  it('is no failure of upgrade --all, and one where it is named', async () => {
    showGone();
    expect(await bench.tokenkeeper(['upgrade', '--all', '--wait'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 tokens: 0 moved, 0 asked to, 1 there already, 1 gone already\n'),
      stderr: '',
    });
    expect(await bench.tokenkeeper(['upgrade', gone])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(NotKept)'),
    });
  });

  it('is not counted by eject, which forgets the others', async () => {
    showGone();
    expect(await bench.tokenkeeper(['eject', '--yes'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^${kept}: forgotten\n1 token forgotten; `)),
      stderr: '',
    });
    await bench.gone(kept);
  });
});
