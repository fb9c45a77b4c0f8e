import * as oauth from 'oauth4webapi';
import type { JWKSCacheInput } from 'jose';
import { TokenError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import type { DriverDeps } from '../drivers.js';
import { defineIssuer, type HeldRequest, type Issuer, type IssuerCapabilities } from './issuer.js';
import { errorOf, ofSpareEndpoint, type Answer } from './oauth2-errors.js';
import { exchange, type OAuth2Context } from './oauth2-exchange.js';
import { issueToken } from './oauth2-issue.js';
import { clientAuthOf } from './oauth2-client-auth.js';
import { createServerFinder, type FindServer } from './oauth2-server.js';
import {
  firstGrant,
  oauth2Connection,
  oauth2Parameters,
  type OAuth2Connection,
  type OAuth2Parameters,
} from './oauth2-settings.js';
import { probeRefresh, verifyToken } from './oauth2-verify.js';

/** Any OAuth 2 authorization server: client_credentials and rotating refresh tokens, by oauth4webapi. */
export const oauth2 = defineIssuer({
  name: 'oauth2',
  connection: oauth2Connection,
  parameters: oauth2Parameters,
  open: openOAuth2,
  firstGrant,
  // RFC 6750 §3.1; a 403 means a living token without the permission
  isAuthenticationFailure: ({ status }) => status === 401,
});

async function openOAuth2(connection: OAuth2Connection, deps: DriverDeps): Promise<Issuer<OAuth2Parameters>> {
  const context: OAuth2Context = {
    connection,
    deps,
    client: { client_id: connection.clientId },
    authenticate: await clientAuthOf(connection, () => context.skewMs),
    skewMs: 0,
  };
  const findServer = createServerFinder(context);
  const keys: JWKSCacheInput = {};
  return {
    capabilities: (parameters) => describeGrant(context, parameters),
    issue: (request) => issueToken(context, findServer, request),
    verify: (request) => verifyToken(context, findServer, keys, request),
    probe: (request) => probeRefresh(context, findServer, request),
    revoke: (request) => revokeToken(context, findServer, request),
  };
}

/**
 * Values from a refresh retire by expiry: at many providers revoking one access token ends the whole grant (RFC 7009 §2.1). With
 * `revokeIsolated` on the connection, shared code revokes anyway. So do those of a provider whose metadata, once read, have no endpoint to
 * revoke; the end of a token asks for it all the same, so that a person learns that it cannot be.
 */
function describeGrant({ connection, server }: OAuth2Context, { grant }: OAuth2Parameters): IssuerCapabilities {
  const isRefresh = grant === 'refresh_token';
  const hasEndpoint = server === undefined || server.revocation_endpoint !== undefined;
  return {
    mintable: true,
    ...(isRefresh ? reissueOf(connection) : { reissue: 'A', replayWindowMs: 0 }),
    overlap: !isRefresh || !connection.refreshEndsOld,
    retire: canRevoke(connection) && hasEndpoint && !isRefresh ? 'revoke' : 'expire',
    ...(canRevoke(connection) ? {} : { revocable: false }),
  };
}

/** What may follow a lost answer to a refresh depends on how the provider treats redeemed refresh tokens. */
function reissueOf({
  refreshTokenReuse: reuse,
}: OAuth2Connection): Pick<IssuerCapabilities, 'reissue' | 'replayWindowMs'> {
  if (typeof reuse === 'string') return { reissue: reuse === 'always' ? 'A' : 'D', replayWindowMs: 0 };
  // A replay must arrive within the leeway.
  return { reissue: 'C', replayWindowMs: reuse - Math.min(reuse / 4, onItsWayMs) };
}

const onItsWayMs = 5_000;

/** Whether the connection has a revocation endpoint, or may discover one. */
const canRevoke = ({ url, revocationEndpoint }: OAuth2Connection): boolean =>
  revocationEndpoint === undefined ? url !== undefined : revocationEndpoint !== 'none';

/**
 * RFC 7009 for the access token, never for the continuation. An unknown token counts as revoked; without a revocation endpoint a token is
 * left to expire.
 * @throws TokenError `UnexpectedAnswer` where discovery should have given a revocation endpoint; else by the table in oauth2-errors.ts.
 */
async function revokeToken(
  context: OAuth2Context,
  findServer: FindServer,
  { value, signal }: HeldRequest<OAuth2Parameters>,
): Promise<void> {
  if (!canRevoke(context.connection)) return;
  const server = await findServer(signal);
  if (server.revocation_endpoint === undefined) {
    throw new TokenError('UnexpectedAnswer', 'the provider publishes no revocation endpoint', { do: endpointRemedy });
  }
  const answer = await exchange(context, {
    what: 'revocation endpoint',
    signal,
    send: (options) =>
      oauth.revocationRequest(server, context.client, context.authenticate, value.reveal(), {
        ...options,
        additionalParameters: { token_type_hint: 'access_token' },
      }),
  });
  const error = errorOf(answer, await context.deps.now());
  if (error !== null && !saysUnknownToken(answer)) throw ofSpareEndpoint(error, revocationRemedy);
}

const endpointRemedy = 'set revocationEndpoint of the issuer connection; none: tokens end by their expiry';
const revocationRemedy = `allow this client to revoke its tokens at the provider, or ${endpointRemedy}`;

/**
 * RFC 7009 §2.2 requires 200 for an unknown token; some providers add invalid_token, or answer 400 with it. With another status these are
 * the words of a gateway on the request's own credentials (RFC 6750 §3.1), and the token lives.
 */
function saysUnknownToken({ status, body }: Answer): boolean {
  const isOwnAnswer = status === 200 || status === 400;
  return isOwnAnswer && isObject(body) && body['error'] === 'invalid_token';
}
