import { expect, it } from 'vitest';
import { withCli } from '../support/cli.js';

const bench = withCli();

it('status says that the keeper’s own credential at the issuer of the token is about to die', async () => {
  const key = bench.key('one');
  const idp = { driver: 'example', provider: bench.environment };
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] } }, { issuers: { idp } });
  await bench.tokenkeeper(['apply', '--wait']);
  expect((await bench.tokenkeeper(['status', key])).stdout).not.toContain('credential');
  const tokens = { [key]: { issuer: 'idp', sinks: ['files'] } };
  await bench.declare(tokens, { issuers: { idp: { ...idp, credentialExpiresAt: '2001-01-01' } } });
  const { code, stdout } = await bench.tokenkeeper(['status', key]);
  expect(code).toBe(0);
  expect(stdout).toContain(
    '  credential      the keeper’s own credential of issuer idp expired at 2001-01-01T00:00:00Z\n',
  );
  expect(stdout).toContain('renew the credential at the provider, then correct credentialExpiresAt');
});
