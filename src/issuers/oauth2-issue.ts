import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { scopesOf } from '../core/bounds.js';
import { hasCode, amended, TokenError } from '../core/errors.js';
import { isObject, type Json } from '../core/json.js';
import { Secret } from '../core/secret.js';
import { readDate } from '../core/retry-after.js';
import type { Issued, IssueRequest } from './issuer.js';
import { exchangeOrThrow, validate, type OAuth2Context, type SendOptions } from './oauth2-exchange.js';
import type { FindServer } from './oauth2-server.js';
import type { OAuth2Parameters } from './oauth2-settings.js';

/**
 * One token request: client_credentials (RFC 6749 §4.4) or a refresh (§6), which resends the same refresh token on every retry.
 * @throws TokenError by the table in oauth2-errors.ts; `UnexpectedAnswer` where a success has no token; `InvalidRequest` without a grant,
 * `InvalidGrant` where it was not redeemed, and never for client_credentials.
 */
export async function issueToken(
  context: OAuth2Context,
  findServer: FindServer,
  request: IssueRequest<OAuth2Parameters>,
): Promise<Issued> {
  const { signal } = request;
  const isRefresh = request.parameters.grant === 'refresh_token';
  const server = await findServer(signal).catch((error: unknown) => {
    // Without the endpoint no token request was sent, however discovery failed.
    throw error instanceof TokenError ? amended(error, { nothingIssued: true }) : error;
  });
  const send = prepareRequest(context, server, request);
  const requestedAt = await context.deps.now();
  const answer = await exchangeOrThrow(context, { what: 'token endpoint', signal, send }).catch((error: unknown) => {
    throw isRefresh ? error : asInvalidClient(error);
  });
  const token = await validate({ ...answer, body: normalized(answer.body) }, (response) =>
    oauth.processGenericTokenEndpointResponse(server, context.client, response),
  );
  const providerDate = readDate(answer.headers);
  // Of client_credentials it is of no use (RFC 6749 §4.4.3). Kept, it would be redeemed in the place of the first grant, once the token
  // is declared to be refreshed: for another subject than the one that consented.
  const refreshToken = isRefresh ? token.refresh_token : undefined;
  return {
    value: new Secret(token.access_token),
    continuation: refreshToken === undefined ? undefined : new Secret(refreshToken),
    requestedAt,
    providerDate,
    ...readLife(answer.body, token.access_token, providerDate ?? requestedAt),
    ...(isRefresh ? readRenewable(answer.body) : {}),
    scopes: readScopes(answer.body, request.scopes),
  };
}

/**
 * Where the client's credentials are the grant (RFC 6749 §1.3.4), some providers answer `invalid_grant` to a client that they refuse. No
 * person can consent anew, and the next request does no harm.
 */
function asInvalidClient(error: unknown): unknown {
  if (!hasCode(error, 'InvalidGrant')) return error;
  return new TokenError('InvalidClient', error.message);
}

function prepareRequest(
  context: OAuth2Context,
  server: oauth.AuthorizationServer,
  { key, parameters, scopes, continuation }: IssueRequest<OAuth2Parameters>,
): (options: SendOptions) => Promise<Response> {
  const { resource, audience } = parameters;
  const fields = new URLSearchParams();
  if (scopes.length > 0) fields.set('scope', scopes.join(' '));
  if (resource !== undefined) fields.set('resource', resource);
  if (audience !== undefined) fields.set('audience', audience);
  const { client, authenticate } = context;
  if (parameters.grant === 'client_credentials') {
    return (options) => oauth.clientCredentialsGrantRequest(server, client, authenticate, fields, options);
  }
  if (continuation === null && parameters.initialGrant !== undefined) {
    // Its first value was imported: a grant is redeemed automatically only before there is a value.
    throw new TokenError('InvalidGrant', `${key} has no refresh token: its first grant was not redeemed`, {
      do: `tokenkeeper reauthorize ${key}`,
    });
  }
  if (continuation === null) {
    throw new TokenError('InvalidRequest', `${key} has no refresh token and names no first grant`, {
      do: 'set initialGrant of the token to one of the grants of its issuer connection',
    });
  }
  return (options) =>
    oauth.refreshTokenGrantRequest(server, client, authenticate, continuation.reveal(), {
      ...options,
      additionalParameters: fields,
    });
}

/** Placeholder for a missing token: stored with the refresh token beside it, and refused by the proof. */
const noToken = '\0';

/**
 * Keeps the parts of an answer that we use, in the shape that the library requires. A refusal here would lose a refresh token that the
 * provider has already rotated, so irrelevant parts (an id_token, a custom token_type) must not cause one.
 */
function normalized(body: Json | undefined): Json | undefined {
  if (!isObject(body)) return body;
  const { access_token = null, refresh_token } = body;
  if (!isText(refresh_token)) return { access_token, token_type: 'bearer' };
  return { access_token: isText(access_token) ? access_token : noToken, token_type: 'bearer', refresh_token };
}

/**
 * A string with spaces, or a list, as some providers send: ignoring a list would count as having the requested scopes. Others write commas
 * between them; a requested scope may have one of its own (RFC 6749 §3.3).
 */
function readScopes(body: Json | undefined, wanted: readonly string[]): readonly string[] | undefined {
  const said = isObject(body) ? body['scope'] : undefined;
  if (typeof said !== 'string' && !Array.isArray(said)) return undefined;
  return scopesOf(said).flatMap((scope) => (wanted.includes(scope) ? [scope] : scopesOf(scope.split(','))));
}

/** Whole seconds, and the time of a request. */
const blurMs = 5_000;

/**
 * The lifetime of the answer, or the JWT's own end where there is none, or where that is sooner: of what a cache repeats, and of an
 * `expires_in` in ms, or that is an instant, a JWT knows better. One that is past says more about the clocks.
 */
function readLife(
  body: Json | undefined,
  token: string,
  providerNow: number,
): Pick<Issued, 'expiresInS' | 'expiresAt'> {
  const expiresInS = readExpiresIn(body);
  const expiresAt = readJwtExpiry(token);
  if (expiresInS === undefined || expiresAt === undefined) return { expiresInS, expiresAt };
  const isSooner = expiresAt > providerNow && expiresAt - providerNow < expiresInS * 1000 - blurMs;
  return isSooner ? { expiresInS: undefined, expiresAt } : { expiresInS, expiresAt: undefined };
}

/**
 * The life of the refresh token itself, which no standard names: `refresh_expires_in` of Keycloak, where 0 is without end, and
 * `refresh_token_expires_in` of GitHub and others.
 */
function readRenewable(body: Json | undefined): Pick<Issued, 'renewableForS'> {
  const said = readSeconds(body, 'refresh_expires_in') ?? readSeconds(body, 'refresh_token_expires_in');
  return said === undefined || said <= 0 ? {} : { renewableForS: said };
}

/** `expires_in` in s. Zero and negative ones are passed on. */
const readExpiresIn = (body: Json | undefined): number | undefined => readSeconds(body, 'expires_in');

/** A number, or digits in a string; anything else counts as not said. */
function readSeconds(body: Json | undefined, name: string): number | undefined {
  const said = isObject(body) ? body[name] : undefined;
  if (typeof said === 'number') return said;
  return typeof said === 'string' && /^-?\d+(\.\d+)?$/.test(said.trim()) ? Number(said) : undefined;
}

/**
 * Expiry from a JWT (RFC 7519 §4.1.4), in Unix ms, where the answer has no lifetime. The signature need not be checked: it comes from the
 * issuer itself.
 */
function readJwtExpiry(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined; // none
  }
}

function isText(said: Json | undefined): said is string {
  return typeof said === 'string' && said !== '';
}
