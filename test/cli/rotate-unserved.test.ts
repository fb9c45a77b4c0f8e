import { expect, it } from 'vitest';
import { withCli } from '../support/cli.js';

const bench = withCli({ worker: false });
const key = bench.key('crm');

it('rotate of a token that no worker serves is asked for all the same, and says what it does not know', async () => {
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] } });
  expect(await bench.tokenkeeper(['apply'])).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await bench.tokenkeeper(['rotate', key]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${key}: rotation requested\n` });
  expect(stderr).toMatch(/^tokenkeeper: no worker answered for .*: whether the token can rotate is not known\n$/);
});
