import * as oauth from 'oauth4webapi';
import { TokenError } from '../core/errors.js';
import { exchange, validate, type OAuth2Context } from './oauth2-exchange.js';
import { errorOf } from './oauth2-errors.js';

/** Where the provider's endpoints are. */
export type FindServer = (signal: AbortSignal) => Promise<oauth.AuthorizationServer>;

/** Finds the endpoints once for an open connection: named ones win over discovered ones. A discovery that failed is tried again. */
export function createServerFinder(context: OAuth2Context): FindServer {
  let found: oauth.AuthorizationServer | undefined;
  return async (signal) => {
    found ??= withNamedEndpoints(context, await discover(context, signal));
    return found;
  };
}

/** How our client authenticates (RFC 6749 §2.3). */
export function authenticateClient({ connection }: OAuth2Context): oauth.ClientAuth {
  const { authMethod, clientSecret } = connection;
  if (authMethod === 'none' || clientSecret === undefined) return oauth.None();
  const secret = clientSecret.reveal();
  return authMethod === 'client_secret_post' ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret);
}

async function discover(context: OAuth2Context, signal: AbortSignal): Promise<oauth.AuthorizationServer> {
  const { url, tokenEndpoint = '' } = context.connection;
  if (url === undefined) return { issuer: new URL(tokenEndpoint).origin };
  const issuer = new URL(url);
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const answer = await exchange(context, {
      what: 'discovery',
      signal,
      send: (options) => oauth.discoveryRequest(issuer, { ...options, algorithm }),
    });
    if (answer.status === 200 && answer.body !== undefined) {
      return validate(answer.body, answer.place, (response) => oauth.processDiscoveryResponse(issuer, response));
    }
    const error = errorOf(answer, answer.place, await context.deps.now());
    if (error?.kind === 'transient') throw error;
  }
  throw new TokenError('UnexpectedAnswer', `${issuer.host} publishes no authorization server metadata`, {
    do: 'correct url of the issuer connection, or name tokenEndpoint',
  });
}

function withNamedEndpoints(
  { connection }: OAuth2Context,
  discovered: oauth.AuthorizationServer,
): oauth.AuthorizationServer {
  const named = {
    token_endpoint: connection.tokenEndpoint,
    introspection_endpoint: connection.introspectionEndpoint,
    revocation_endpoint: connection.revocationEndpoint,
  };
  const server: Record<string, oauth.JsonValue | undefined> = { ...discovered };
  for (const [name, endpoint] of Object.entries(named)) {
    if (endpoint === 'none') delete server[name];
    else if (endpoint !== undefined) server[name] = endpoint;
  }
  return { ...server, issuer: discovered.issuer };
}
