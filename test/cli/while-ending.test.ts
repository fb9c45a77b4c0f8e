import { expect, it } from 'vitest';
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
  for (const [verb, ...more] of [['pause'], ['resume'], ['forget', '--yes']]) {
    const { code, stdout, stderr } = await bench.tokenkeeper([verb!, key, ...more]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`${verb} refused: the token is being ended.*\ndo: wait until it has ended`));
  }
  expect((await bench.tokenkeeper(['revoke', key, '--yes'])).stdout).toContain(`${key}: revocation requested\n`);
});
