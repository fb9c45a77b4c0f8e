import { expect, it } from 'vitest';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { ActivitiesWorld } from '../support/activities-world.js';
import { openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider } from '../support/provider-scripted.js';

it('a provider whose metadata have no endpoint to revoke leaves old values to expire, and the end of a token says so', async () => {
  const provider = await startScriptedProvider();
  const metadata = { issuer: provider.url, token_endpoint: `${provider.url}/token` };
  provider.answer('/.well-known/openid-configuration', { body: metadata });
  const world = new ActivitiesWorld();
  const issuer = await openIssuer(oauth2, { url: provider.url, clientId: 'tokenkeeper', authMethod: 'none' });
  const parameters = { grant: 'client_credentials' };
  world.bench.issuer = async () => ({ driver: 'oauth2', issuer, parameters, firstGrant: null, revokeIsolated: false });
  for (const generation of [1, 2]) {
    provider.answer('/token', {
      body: { access_token: `access-${generation}`, token_type: 'bearer', expires_in: 3600 },
    });
    const { holding } = await world.rotate(generation - 1);
    expect(holding.capabilities).toMatchObject({ retire: 'expire' });
  }
  expect((await world.record())!.generations.map(({ issuedBy }) => issuedBy?.retire)).toEqual(['expire', 'expire']);
  await expect(world.activities(2)['revoke']!()).rejects.toMatchObject({
    message: 'the provider publishes no revocation endpoint',
  });
  // Not even `none` is needed once nothing lives any more.
  const record = (await world.record())!;
  const generations = record.generations.map((generation) => ({ ...generation, expiresAt: Date.now() - 1 }));
  await world.bench.restore(world.spec.key, { ...record, generations });
  await world.activities(2)['revoke']!();
  expect(await world.record()).toMatchObject({ owner: null, generations: [] });
  await provider.close();
});
