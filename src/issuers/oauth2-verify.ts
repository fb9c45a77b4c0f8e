import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  jwksCache,
  jwtVerify,
  type JWKSCacheInput,
} from 'jose';
import * as oauth from 'oauth4webapi';
import { TokenError } from '../core/errors.js';
import type { Json, JsonObject } from '../core/json.js';
import { readDate } from '../core/retry-after.js';
import type { HeldRequest, ProbeRequest, ProbeResult, Verification } from './issuer.js';
import { ofSpareEndpoint } from './oauth2-errors.js';
import { exchangeOrThrow, guardFetch, validate, type OAuth2Context } from './oauth2-exchange.js';
import type { FindServer } from './oauth2-server.js';
import type { OAuth2Parameters } from './oauth2-settings.js';

/** How far a JWT's own dates may be off. */
const clockTolerance = '5s';

/**
 * Verifies an access token: by RFC 7662 where the provider has it. Otherwise a JWT (RFC 9068) is checked against the provider's published
 * keys (method `jwt`), which proves its issuer and purpose but does not see a revocation. Otherwise `unknown`.
 */
export async function verifyToken(
  context: OAuth2Context,
  findServer: FindServer,
  keys: JWKSCacheInput,
  { value, signal }: HeldRequest<OAuth2Parameters>,
): Promise<Verification> {
  const server = await findServer(signal);
  if (server.introspection_endpoint !== undefined) {
    const { claims, providerDate } = await introspect(context, server, value.reveal(), 'access_token', signal);
    return claims['active'] === true
      ? { active: true, method: 'introspection', claims, providerDate }
      : { active: false, method: 'introspection', do: remedyWhereInactive };
  }
  // The key set proves only its own issuer's JWTs; another issuer's is for the API that it is meant for to check.
  const { jwks_uri: keySet, issuer } = server;
  if (keySet === undefined || namedIssuer(value.reveal()) !== issuer) return { active: 'unknown' };
  return verifyJwt(context, { issuer, keySet: new URL(keySet), keys }, value.reveal(), signal);
}

/** The issuer that a JWT names, unproven; undefined for anything else: opaque values may have two dots, too. */
function namedIssuer(token: string): string | undefined {
  try {
    decodeProtectedHeader(token);
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/**
 * What became of a refresh whose answer was lost, from RFC 7662 on the refresh token itself: if active, it was never redeemed.
 * @throws a transient TokenError where the provider cannot be asked now.
 */
export async function probeRefresh(
  context: OAuth2Context,
  findServer: FindServer,
  { parameters, continuation, signal }: ProbeRequest<OAuth2Parameters>,
): Promise<ProbeResult> {
  if (parameters.grant !== 'refresh_token' || continuation === null) return 'unknown';
  // A refresh token that stays active after being redeemed tells nothing.
  if (context.connection.refreshTokenReuse === 'always') return 'unknown';
  const server = await findServer(signal);
  if (server.introspection_endpoint === undefined) return 'unknown';
  const { claims } = await introspect(context, server, continuation.reveal(), 'refresh_token', signal);
  return claims['active'] === true ? 'not-redeemed' : 'redeemed';
}

/** RFC 7662 §2.2: also said of a token that this client may not ask about. */
const remedyWhereInactive =
  'see the provider’s audit log; where it only does not tell this client about its tokens (as where their aud does not name the client): let it, or set introspectionEndpoint of the issuer connection to none';

const introspectionRemedy =
  'allow this client to introspect its tokens at the provider, or set introspectionEndpoint of the issuer connection; none: they are not introspected';

async function introspect(
  context: OAuth2Context,
  server: oauth.AuthorizationServer,
  token: string,
  hint: 'access_token' | 'refresh_token',
  signal: AbortSignal,
): Promise<{ readonly claims: JsonObject; readonly providerDate: number | undefined }> {
  const { client } = context;
  const asked = exchangeOrThrow(context, {
    what: 'introspection endpoint',
    signal,
    send: (options) =>
      oauth.introspectionRequest(server, client, context.authenticate, token, {
        ...options,
        additionalParameters: { token_type_hint: hint },
      }),
  }).then(async (answer) => ({
    answer,
    told: await validate(answer, (response) => oauth.processIntrospectionResponse(server, client, response)),
  }));
  const { answer, told } = await asked.catch((error: unknown) => {
    throw ofSpareEndpoint(error, introspectionRemedy);
  });
  // some providers echo the token, and claims travel further than secrets may
  const claims = Object.fromEntries(Object.entries(told as JsonObject).filter(([, claim]) => claim !== token));
  return { claims, providerDate: readDate(answer.headers) };
}

async function verifyJwt(
  context: OAuth2Context,
  { issuer, keySet, keys }: { readonly issuer: string; readonly keySet: URL; readonly keys: JWKSCacheInput },
  token: string,
  signal: AbortSignal,
): Promise<Verification> {
  const fetchKeys = guardFetch(context, 'key set', signal);
  const findKey = createRemoteJWKSet(keySet, {
    [jwksCache]: keys,
    [customFetch]: (url, init) => fetchKeys(url, { ...init, signal: AbortSignal.any([init.signal, signal]) }),
  });
  const providerNow = (await context.deps.now()) + context.skewMs;
  try {
    const { payload } = await jwtVerify(token, findKey, {
      issuer,
      currentDate: new Date(providerNow),
      clockTolerance,
    });
    return { active: true, method: 'jwt', live: false, claims: payload as Record<string, Json> };
  } catch (error) {
    if (error instanceof TokenError) throw error;
    if (isKeySetTrouble(error))
      throw new TokenError('ProviderUnavailable', `the key set of ${keySet.host} cannot be read`);
    return isDisproof(error) ? { active: false, method: 'jwt' } : { active: 'unknown' };
  }
}

/** Forged, expired or not valid yet. An unpublished key, or an algorithm without one, proves nothing either way. */
function isDisproof(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTClaimValidationFailed
  );
}

/** For a key set that it could not fetch or parse, jose throws its plain base class or two classes of its own. */
function isKeySetTrouble(error: unknown): boolean {
  // The key itself: too short for its algorithm, or one that WebCrypto refuses. Another look finds the same.
  if (error instanceof TypeError || error instanceof DOMException) return false;
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC'
  );
}
