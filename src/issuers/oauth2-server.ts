import * as oauth from 'oauth4webapi';
import { unlessAborted } from '../common/awaiting.js';
import { httpUrl } from '../common/http-url.js';
import { TokenError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { abortError } from './abort.js';
import { errorOf, type Answer } from './oauth2-errors.js';
import { exchange, validate, type OAuth2Context } from './oauth2-exchange.js';

/** Finds the provider's endpoints. */
export type FindServer = (signal: AbortSignal) => Promise<oauth.AuthorizationServer>;

/** How long discovered endpoints are used: a worker runs for months, and providers move their endpoints and keys. */
export const discoveryMaxAgeMs = 3_600_000;

/**
 * Finds the endpoints: configured ones override discovered ones. All tokens due at once wait for one discovery. An endpoint that was not
 * there is looked for again at once. After a failure an older result stays in use for another period; without one the next request tries
 * again.
 */
export function createServerFinder(context: OAuth2Context): FindServer {
  const isDiscovered = context.connection.url !== undefined;
  let freshUntil = 0;
  let underWay: Discovery | undefined;

  const keep = async (server: oauth.AuthorizationServer): Promise<oauth.AuthorizationServer> => {
    context.server = server;
    if (isDiscovered) freshUntil = (await context.deps.now()) + discoveryMaxAgeMs;
    return server;
  };
  const isFresh = async () => (await context.deps.now()) < freshUntil && context.isMoved !== true;
  const begin = (signal: AbortSignal): Discovery => {
    const known = context.server;
    const server = discover(context, signal)
      .then((discovered) => keep(withTokenEndpoint(withNamedEndpoints(context, discovered))))
      .catch((error: unknown) => {
        if (known === undefined || signal.aborted) throw error;
        return keep(known);
      })
      .finally(() => {
        // Also after one that failed or was cut short: what is known serves the next request. What of it was not there is no endpoint.
        context.isMoved = false;
        underWay = undefined;
      });
    return { signal, server };
  };

  return async (signal) => {
    for (;;) {
      const known = context.server;
      if (known !== undefined && (!isDiscovered || (await isFresh()))) return known;
      const discovery = (underWay ??= begin(signal));
      try {
        return await unlessAborted(signal, discovery.server, (aborted) => abortError(aborted, 'discovery'));
      } catch (error) {
        // Its requester was aborted, which says nothing about the provider: ask again ourselves.
        const isOthersAbort = discovery.signal.aborted && !signal.aborted;
        if (!isOthersAbort) throw error;
      }
    }
  };
}

/** A discovery under way, and the signal that aborts it. */
interface Discovery {
  readonly signal: AbortSignal;
  readonly server: Promise<oauth.AuthorizationServer>;
}

async function discover(context: OAuth2Context, signal: AbortSignal): Promise<oauth.AuthorizationServer> {
  const { url, tokenEndpoint = '' } = context.connection;
  if (url === undefined) return { issuer: new URL(tokenEndpoint).origin };
  const issuer = new URL(url);
  const refused = new Set<number>();
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const answer = await exchange(context, {
      what: 'discovery',
      signal,
      send: (options) => oauth.discoveryRequest(issuer, { ...options, algorithm }),
    });
    if (answer.status === 200 && answer.body !== undefined) {
      requireIssuer(answer, issuer);
      return validate(answer, (response) => oauth.processDiscoveryResponse(issuer, response));
    }
    const error = errorOf(answer, await context.deps.now());
    if (error?.kind === 'transient') throw error;
    refused.add(answer.status);
  }
  const told = [...refused].join(' and ');
  throw new TokenError('UnexpectedAnswer', `${issuer.host} publishes no authorization server metadata (HTTP ${told})`, {
    do: 'correct url of the issuer connection, or name tokenEndpoint',
  });
}

/**
 * Metadata name their issuer, which must be the one that was asked for (RFC 8414 §3.3). Checked before the library does, which stumbles
 * over an issuer that is no address, and cannot say what to write.
 */
function requireIssuer({ body, place }: Answer, issuer: URL): void {
  const told = isObject(body) ? body['issuer'] : undefined;
  if (typeof told === 'string' && URL.canParse(told) && new URL(told).href === issuer.href) return;
  throw new TokenError('UnexpectedAnswer', `${place} tells of another issuer than url`, {
    do: 'write url as the metadata there write issuer, to the letter (a final slash counts), or name tokenEndpoint instead',
  });
}

function withNamedEndpoints(
  { connection }: OAuth2Context,
  discovered: oauth.AuthorizationServer,
): oauth.AuthorizationServer {
  const named: Record<Endpoint, string | undefined> = {
    token_endpoint: connection.tokenEndpoint,
    introspection_endpoint: connection.introspectionEndpoint,
    revocation_endpoint: connection.revocationEndpoint,
    jwks_uri: undefined,
  };
  const server: Record<string, oauth.JsonValue | undefined> = { ...discovered };
  for (const name of endpoints) {
    const endpoint = named[name] ?? server[name] ?? 'none';
    if (endpoint === 'none') delete server[name];
    else server[name] = addressOf(endpoint, name, discovered);
  }
  return { ...server, issuer: discovered.issuer };
}

/** The addresses that are used of the metadata. Some providers publish null for one that they do not have. */
const endpoints = ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint', 'jwks_uri'] as const;
type Endpoint = (typeof endpoints)[number];

/** Read here, once: a library, or `fetch`, that finds it at a request cannot tell that nothing was sent. */
function addressOf(told: oauth.JsonValue, name: Endpoint, { issuer }: oauth.AuthorizationServer): string {
  const address = httpUrl.safeParse(told);
  if (address.success) return address.data;
  throw new TokenError('UnexpectedAnswer', `${new URL(issuer).host} publishes as ${name} what is no address`, {
    do: 'name the endpoints of the issuer connection instead of its url',
  });
}

/** Metadata without a token endpoint are no result: whoever asked has sent nothing yet, and an older result stays in use. */
function withTokenEndpoint(server: oauth.AuthorizationServer): oauth.AuthorizationServer {
  if (server.token_endpoint !== undefined) return server;
  throw new TokenError('UnexpectedAnswer', `${new URL(server.issuer).host} publishes no token endpoint`, {
    do: 'name tokenEndpoint of the issuer connection',
  });
}
