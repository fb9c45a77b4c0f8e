import { beforeAll, describe, expect, it } from 'vitest';
import { nearestKey } from '../../src/cli/nearest-key.js';
import { withCli } from '../support/cli.js';

describe('nearestKey', () => {
  const known = ['production/ci-bot', 'production/crm-export', 'staging/billing-api', '_grant/0123456789abcdef'];

  it.each([
    { what: 'a slip in the name', key: 'production/ci-bto', meant: 'production/ci-bot' },
    { what: 'a slip in the environment', key: 'prodution/crm-export', meant: 'production/crm-export' },
    { what: 'a slip in both', key: 'stagin/biling-api', meant: 'staging/billing-api' },
    { what: 'the right name in another environment, which is no slip', key: 'staging/crm-export', meant: null },
    { what: 'a name like no other', key: 'production/npm-publish', meant: null },
    { what: 'an environment like no other', key: 'test/ci-bot', meant: null },
    { what: 'a key that is known', key: 'production/ci-bot', meant: null },
  ])('answers $meant for $what', ({ key, meant }) => {
    expect(nearestKey(key, known)).toBe(meant);
  });
});

describe('a mistyped key', () => {
  const bench = withCli();
  const meant = bench.key('crm-export');
  const slip = bench.key('crm-exprot');

  beforeAll(async () => {
    await bench.declare({ [meant]: { issuer: 'idp', sinks: ['files'] } });
    await bench.tokenkeeper(['apply', '--wait']);
    // What is known now is known to Temporal and to the vault alone.
    await bench.declare({});
  }, 60_000);

  const asked = (argv: readonly string[]): readonly string[] => argv.map((word) => (word === 'SLIP' ? slip : word));

  it.each(
    [
      ['status', 'SLIP'],
      ['rotate', 'SLIP'],
      ['rotate', 'SLIP', '--wait'],
      ['pause', 'SLIP'],
      ['deliver', 'SLIP'],
      ['revoke', 'SLIP', '--yes'],
      ['upgrade', 'SLIP'],
      ['get', 'SLIP'],
      ['history', 'SLIP'],
    ].map((argv) => ({ argv })),
  )('is told with the one that was meant: $argv', async ({ argv }) => {
    const { code, stderr } = await bench.tokenkeeper(asked(argv));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`; did you mean ${meant}? (NotKept)\ndo: write ${meant}; or `),
    });
  });

  it('is suggested by exec before the program runs', async () => {
    const { code, stderr } = await bench.tokenkeeper(['exec', '-t', slip, '--', 'true']);
    expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringContaining(`; did you mean ${meant}? (`) });
  });

  it.each([
    { argv: ['plan', 'SLIP'], stdin: '' },
    { argv: ['apply', 'SLIP'], stdin: '' },
    { argv: ['import', 'SLIP'], stdin: 'value' },
  ])('is told by what reads declarations: $argv', async ({ argv, stdin }) => {
    await bench.declare({ [meant]: { issuer: 'idp', sinks: ['files'] } });
    const { code, stderr } = await bench.raw([...bench.flags.slice(0, 2), ...asked(argv)], { stdin });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(
        `${slip} is not declared; did you mean ${meant}? (NotKept)\ndo: write ${meant}; or `,
      ),
    });
  });

  it('is suggested for a token of an imported set', async () => {
    await bench.declare({ [meant]: { issuer: 'idp', sinks: ['files'] } });
    const { code, stdout } = await bench.tokenkeeper(['import', '--from', '-', '-t', `${slip}=A`], {
      stdin: 'A=value-1\n',
    });
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining(`${slip} is not declared; did you mean ${meant}? (NotKept)`),
    });
  });
});
