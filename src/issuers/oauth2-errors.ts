import { amended, TokenError, type ErrorCode } from '../core/errors.js';
import { isObject, type Json } from '../core/json.js';
import { readReset, readRetryAfter } from '../core/retry-after.js';

/** A row of the error table; a missing field matches anything. */
interface OAuth2ErrorRow {
  /** HTTP status, or the first and the last of a range. */
  readonly status?: number | readonly [number, number];
  /** The body's `error` (RFC 6749 §5.2 and its extensions). */
  readonly error?: string;
  /** What the body's `error_description` must say. */
  readonly description?: RegExp;
  /** The answer must have a Retry-After. */
  readonly retryAfter?: true;
  readonly code: ErrorCode;
  /** A better remedy than that of the code. */
  readonly do?: string;
  /** The provider says that it did not handle the request. */
  readonly nothingIssued?: true;
}

const clientRefused = {
  code: 'InvalidClient',
  do: 'correct clientId and clientSecret (or clientKey) of the issuer connection, or authMethod: how this provider takes them',
} as const;

/** What the provider misses is in its `error_description` alone, which is not repeated. */
const requestRefused = {
  code: 'InvalidRequest',
  do: 'correct scopes, audience or resource of the token, which this provider may want or refuse; or authMethod of the issuer connection',
} as const;

/** No such endpoint (RFC 9110 §15.5.5, §15.5.6, §15.5.11). */
export const notThere: readonly number[] = [404, 405, 410];

/**
 * The meaning of an unsuccessful answer. The first matching row decides: transient errors come first, then the body, which is read before
 * the status (some providers answer errors with 200), then the status alone.
 */
export const oauth2Errors: readonly OAuth2ErrorRow[] = [
  { status: 429, code: 'RateLimited' },
  { status: 408, code: 'ProviderUnavailable' },
  // Busy, or under maintenance: the provider did not handle the request, and says so (RFC 9110 §15.6.4, RFC 6749 §4.1.2.1, RFC 7009 §2.2.1).
  // A proxy that lost an answer sends neither a Retry-After nor this error.
  { status: 503, retryAfter: true, code: 'ProviderUnavailable', nothingIssued: true },
  { error: 'temporarily_unavailable', code: 'ProviderUnavailable', nothingIssued: true },
  { status: [500, 599], code: 'ProviderUnavailable' },

  // another request with this refresh token is being handled: the grant lives, and this request was not handled
  {
    error: 'invalid_grant',
    description: /\balready being processed\b/i,
    code: 'ProviderUnavailable',
    nothingIssued: true,
  },
  // "encountered a loop while processing a request": too many of the same, which passes
  { error: 'invalid_grant', description: /\bAADSTS50196\b/, code: 'RateLimited' },
  { error: 'invalid_grant', code: 'InvalidGrant' },
  { error: 'bad_refresh_token', code: 'InvalidGrant' },
  { error: 'invalid_refresh_token', code: 'InvalidGrant' },
  { error: 'BAD_REFRESH_TOKEN', code: 'InvalidGrant' },
  { error: 'unauthorized_client', description: /\brefresh.token is invalid\b/i, code: 'InvalidGrant' },
  // no authorization code was sent: the refresh token is meant
  { error: 'invalid_code', code: 'InvalidGrant' },
  // only a person can continue (OpenID Connect Core §3.1.2.6, which some providers also answer to a refresh)
  { error: 'login_required', code: 'InvalidGrant' },
  { error: 'consent_required', code: 'InvalidGrant' },
  { error: 'interaction_required', code: 'InvalidGrant' },
  { error: 'invalid_client', ...clientRefused },
  {
    error: 'unauthorized_client',
    code: 'InvalidClient',
    do: 'allow this client the grant at the provider, or correct clientId and clientSecret (or clientKey) of the issuer connection',
  },
  { error: 'incorrect_client_credentials', ...clientRefused },
  { error: 'invalid_client_id', ...clientRefused },
  { error: 'bad_client_secret', ...clientRefused },
  { error: 'invalid_scope', code: 'InvalidScope' },
  { error: 'unsupported_grant_type', code: 'InvalidRequest' },
  { error: 'invalid_target', code: 'InvalidRequest' },
  // two refreshes collided, and the provider wants this one repeated
  {
    error: 'invalid_request',
    description: /\b(retry|concurrent requests)\b/i,
    code: 'ProviderUnavailable',
    nothingIssued: true,
  },
  // Dex, of a refresh token that was redeemed, revoked, or lay unused for too long
  {
    error: 'invalid_request',
    description: /\brefresh token (expired|is invalid or has already been claimed)\b/i,
    code: 'InvalidGrant',
  },
  { error: 'invalid_request', ...requestRefused },
  { error: 'unsupported_token_type', code: 'ProviderRefused' },
  { error: 'access_denied', description: /\btoo many requests\b/i, code: 'RateLimited' },
  // 401 is about the client (RFC 6749 §5.2), whatever the word
  { error: 'access_denied', status: 401, ...clientRefused },
  { error: 'access_denied', code: 'ProviderRefused' },
  { error: 'server_error', code: 'ProviderUnavailable' },
  { error: 'internal_error', code: 'ProviderUnavailable' },
  { error: 'slow_down', code: 'RateLimited' },
  { error: 'ratelimited', code: 'RateLimited' },

  { status: 400, ...requestRefused },
  { status: 401, ...clientRefused },
  { status: 403, code: 'ProviderRefused' },
  { status: 422, code: 'InvalidRequest' },
  // The request did not come to the endpoint, as while a proxy's routes are being replaced: like the
  // refusals above, which may be a proxy's, too, it issued nothing. A redirect is no such word: a proxy may answer a lost answer with one.
  ...notThere.map((status): OAuth2ErrorRow => ({ status, code: 'UnexpectedAnswer', nothingIssued: true })),
];

/** A provider's answer. */
export interface Answer {
  /** Where it came from, as errors name it, e.g. `token endpoint of id.example.com`. */
  readonly place: string;
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; undefined where it is not JSON. */
  readonly body: Json | undefined;
}

/**
 * The error that an answer means, or null for a success (2xx without `error` in its body).
 * @param nowMs - Unix ms, for a Retry-After date where the answer has no Date.
 */
export function errorOf(answer: Answer, nowMs: number): TokenError | null {
  const { error, description } = readError(answer);
  const succeeded = answer.status >= 200 && answer.status < 300 && error === undefined;
  if (succeeded) return null;
  const retryAfterMs = readRetryAfter(answer.headers, nowMs);
  const row = oauth2Errors.find(
    (candidate) =>
      fits(candidate, answer.status, error, description) &&
      (candidate.retryAfter === undefined || retryAfterMs !== undefined),
  );
  const code = row?.code ?? 'UnexpectedAnswer';
  // only words from our own table reach the message: an unknown one could be anything
  const word = row?.error ?? (error === undefined ? 'without an error code' : 'with an unknown error code');
  return new TokenError(code, `${answer.place} answered ${answer.status} ${word}`, {
    retryAfterMs: retryAfterMs ?? readReset(answer.headers, nowMs),
    nothingIssued: row?.nothingIssued,
    do: row?.do,
  });
}

/**
 * The error of a request to an endpoint that the connection can do without, with that remedy where only a change of something helps: a client
 * that gets tokens need not be allowed everything else.
 */
export function ofSpareEndpoint(error: unknown, remedy: string): unknown {
  const isAmendable = error instanceof TokenError && error.kind === 'waiting' && error.code !== 'PolicyDenied';
  return isAmendable ? amended(error, { do: remedy }) : error;
}

function fits(row: OAuth2ErrorRow, status: number, error: string | undefined, description: string): boolean {
  const [first, last] = typeof row.status === 'object' ? row.status : [row.status ?? status, row.status ?? status];
  return (
    status >= first &&
    status <= last &&
    (row.error === undefined || row.error === error) &&
    (row.description === undefined || row.description.test(description))
  );
}

/** `error` of the body, or of a refusal without one its `status`, where some providers say it. */
function readError({ status, body }: Answer): { error: string | undefined; description: string } {
  if (!isObject(body)) return { error: undefined, description: '' };
  const { error_description: description } = body;
  const error = body['error'] ?? (status >= 400 ? body['status'] : undefined);
  const text = typeof description === 'string' ? description : '';
  if (typeof error === 'string' && error !== '') return { error, description: text };
  // an `error` that is an object is still an error
  return { error: typeof error === 'object' && error !== null ? 'unreadable' : undefined, description: text };
}
