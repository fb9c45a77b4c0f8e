import type { KoaContextWithOIDC } from 'oidc-provider';
import { endpointOf } from './faults.js';
import type { Store } from './store.js';

export interface Outcomes {
  readonly ok: number;
  readonly refused: number;
}

/** What the provider itself saw since its state was created. It does not see requests swallowed by a `before` fault. */
export interface ProviderCounts {
  /** Token requests by grant type. A lost answer counts as ok. */
  readonly tokenRequests: {
    readonly client_credentials: Outcomes;
    readonly refresh_token: Outcomes;
    readonly other: Outcomes;
  };
  /** Distinct refresh tokens that were redeemed. */
  readonly refreshRedeems: number;
  /** By client; `api` is the protected API. */
  readonly introspections: Readonly<Record<string, number>>;
  readonly revocations: number;
}

/** Koa middleware that counts each request that reached the provider, after it was answered. */
export function countRequests(store: Store) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const endpoint = endpointOf(ctx.path);
    if (endpoint === 'token') store.count(`token ${grantTypeOf(ctx)} ${ctx.status === 200 ? 'ok' : 'refused'}`);
    if (endpoint === 'introspection') store.count(`introspection ${ctx.oidc.client?.clientId ?? 'unknown'}`);
    if (endpoint === 'revocation') store.count('revocation');
  };
}

/** Reads the counters. */
export function readCounts(store: Store): ProviderCounts {
  const counters = store.counters();
  const outcomes = (grantType: string): Outcomes => ({
    ok: counters.get(`token ${grantType} ok`) ?? 0,
    refused: counters.get(`token ${grantType} refused`) ?? 0,
  });
  const introspections = [...counters].flatMap(([name, n]): [string, number][] =>
    name.startsWith('introspection ') ? [[name.slice('introspection '.length), n]] : [],
  );
  return {
    tokenRequests: {
      client_credentials: outcomes('client_credentials'),
      refresh_token: outcomes('refresh_token'),
      other: outcomes('other'),
    },
    refreshRedeems: store.redeems(),
    introspections: Object.fromEntries(introspections),
    revocations: counters.get('revocation') ?? 0,
  };
}

function grantTypeOf(ctx: KoaContextWithOIDC): 'client_credentials' | 'refresh_token' | 'other' {
  const grantType = ctx.oidc.params?.['grant_type'];
  return grantType === 'client_credentials' || grantType === 'refresh_token' ? grantType : 'other';
}
