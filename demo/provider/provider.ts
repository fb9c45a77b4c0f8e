import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Configuration, Provider as OidcProvider, ResourceServer } from 'oidc-provider';
import { createAdapter } from './adapter.js';
import { countRequests } from './counts.js';
import type { FaultQueue } from './faults.js';
import { errors, Provider } from './quiet-oidc-provider.js';
import type { Store } from './store.js';

const daysS = 86_400;

/** The scopes of every resource. */
export const scopes = ['invoices:read', 'invoices:write'];

/** The protected resources (RFC 8707) and the format of their tokens. */
export const resources: Readonly<Record<string, 'opaque' | 'jwt'>> = {
  'https://billing.staging.test': 'opaque',
  'https://billing.production.test': 'opaque',
  'https://crm.test': 'opaque',
  'https://search.staging.test': 'jwt',
};

export interface ProviderOptions {
  readonly issuer: string;
  readonly clientSecret: string;
  /** Secret of the client `api`, with which the protected API introspects. */
  readonly apiSecret: string;
  readonly accessTokenTtlS: number;
  readonly rotatesRefreshTokens: boolean;
  /** The resource of a request that names none. */
  readonly defaultResource: string;
  readonly store: Store;
  readonly faults: FaultQueue;
}

/** The real oidc-provider: client_credentials, rotating refresh tokens that detect reuse, introspection, revocation. */
export async function createProvider(options: ProviderOptions): Promise<OidcProvider> {
  const provider = new Provider(options.issuer, await configure(options));
  // koa would print every failed request; callers listen to server_error instead
  provider.silent = true;
  provider.use(options.faults.middleware);
  provider.use(countRequests(options.store));
  return provider;
}

/** Mints what a person's consent in a browser would have created: a grant and its first refresh token. */
export async function mintFirstGrant(provider: OidcProvider, resource: string, scope: string): Promise<string> {
  const client = await provider.Client.find('tokenkeeper');
  if (client === undefined) throw new Error('the client tokenkeeper is not configured');
  const accountId = 'ana';
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope('offline_access');
  grant.addResourceScope(resource, scope);
  const refreshToken = new provider.RefreshToken({
    client,
    accountId,
    grantId: await grant.save(),
    gty: 'authorization_code',
    scope: `offline_access ${scope}`,
    resource,
    rotations: 0,
    iiat: Math.floor(Date.now() / 1000),
    expiresWithSession: false,
  });
  return refreshToken.save();
}

/**
 * Kills an access or refresh token without anybody knowing. Not with the revocation endpoint, which would end its whole grant.
 * @returns whether it was alive.
 */
export async function killToken(provider: OidcProvider, value: string): Promise<boolean> {
  const token =
    (await provider.AccessToken.find(value)) ??
    (await provider.ClientCredentials.find(value)) ??
    (await provider.RefreshToken.find(value));
  await token?.destroy();
  return token !== undefined;
}

async function configure(options: ProviderOptions): Promise<Configuration> {
  const { accessTokenTtlS, store } = options;
  const signingKey = JSON.parse(await store.remember('signing key', makeSigningKey)) as JWK;
  return {
    adapter: createAdapter(store),
    jwks: { keys: [signingKey] },
    cookies: { keys: [randomUUID()] },
    scopes: ['offline_access', ...scopes],
    clients: [
      {
        client_id: 'tokenkeeper',
        client_secret: options.clientSecret,
        grant_types: ['client_credentials', 'refresh_token'],
        redirect_uris: [],
        response_types: [],
        scope: ['offline_access', ...scopes].join(' '),
        id_token_signed_response_alg: 'ES256',
      },
      {
        client_id: 'api',
        client_secret: options.apiSecret,
        grant_types: [],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    // off by default for a client that has a secret
    rotateRefreshToken: options.rotatesRefreshTokens,
    ttl: {
      AccessToken: accessTokenTtlS,
      ClientCredentials: accessTokenTtlS,
      RefreshToken: 30 * daysS,
      Grant: 365 * daysS,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      // every client has a secret: the keeper asks about its own tokens, the API about all
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => options.defaultResource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => describeResource(resource, accessTokenTtlS),
      },
    },
  };
}

function describeResource(resource: string, accessTokenTTL: number): ResourceServer {
  const accessTokenFormat = Object.hasOwn(resources, resource) ? resources[resource] : undefined;
  if (accessTokenFormat === undefined) throw new errors.InvalidTarget();
  const common = { scope: scopes.join(' '), audience: resource, accessTokenTTL };
  return accessTokenFormat === 'opaque'
    ? { ...common, accessTokenFormat }
    : { ...common, accessTokenFormat, jwt: { sign: { alg: 'ES256' } } };
}

async function makeSigningKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256' });
}
