import { randomUUID } from 'node:crypto';
import { exampleProvider } from '../../src/issuers/example-provider.js';
import { example } from '../../src/issuers/example.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { issuerContract, type IssuerSubject } from '../contracts/issuer.js';
import { clientSecret, startProvider } from '../support/provider.js';

async function makeExample(parameters: Record<string, unknown>): Promise<IssuerSubject> {
  const name = randomUUID();
  const provider = exampleProvider(name);
  return {
    driver: example,
    connection: { provider: name },
    parameters,
    works: async (value) => provider.isAlive(value, Date.now()),
    kill: async (value) => void provider.kill(value),
    mints: async () => provider.counts.issue,
    failNext: async () => provider.failNext('ProviderUnavailable', 1, { call: 'any' }),
    close: async () => {},
  };
}

async function makeOAuth2(
  grant: 'client_credentials' | 'refresh_token',
  refreshTokenReuse: 'never' | 'always' | '30s' = 'never',
): Promise<IssuerSubject> {
  const provider = await startProvider({ rotatesRefreshTokens: refreshTokenReuse !== 'always' });
  const { issuer: url, control } = provider;
  const resource = 'https://crm.test';
  const isRefresh = grant === 'refresh_token';
  return {
    driver: oauth2,
    connection: {
      url,
      clientId: 'tokenkeeper',
      clientSecret,
      refreshTokenReuse,
      grants: isRefresh ? { crm: await control.mintGrant({ resource }) } : {},
    },
    parameters: isRefresh ? { grant, initialGrant: 'crm' } : { grant, resource },
    scopes: ['invoices:read'],
    works: async (value) => (await provider.callApi(value, 'crm.test/invoices')) === 200,
    kill: async (value) => void (await control.kill(value)),
    mints: async () => (await control.counts()).tokenRequests[grant].ok,
    failNext: () => control.addFault({ endpoint: 'any', when: 'before', answer: { status: 503 } }),
    close: () => provider.close(),
  };
}

issuerContract('example', () => makeExample({}));
issuerContract('example without overlap', () => makeExample({ overlap: false, reissue: 'D', retire: 'expire' }));
issuerContract('oauth2 with client_credentials on oidc-provider', () => makeOAuth2('client_credentials'));
issuerContract('oauth2 with refresh_token on oidc-provider', () => makeOAuth2('refresh_token'));
issuerContract('oauth2 with refresh tokens that are not rotated', () => makeOAuth2('refresh_token', 'always'));
issuerContract('oauth2 with a leeway', () => makeOAuth2('refresh_token', '30s'));
