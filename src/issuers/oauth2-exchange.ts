import * as oauth from 'oauth4webapi';
import { TokenError } from '../core/errors.js';
import { neverConnected, remedyOfFetch, whyFetchFailed } from '../core/failed-fetch.js';
import { parseJson, type Json } from '../core/json.js';
import { readDate } from '../core/retry-after.js';
import { isTransportAllowed } from '../core/transport.js';
import type { DriverDeps } from '../drivers.js';
import { abortError } from './abort.js';
import { readWhole } from './read-whole.js';
import { errorOf, notThere, type Answer } from './oauth2-errors.js';
import type { OAuth2Connection } from './oauth2-settings.js';

/** What the libraries pass to `fetch`. */
interface SendInit {
  readonly method: string;
  readonly headers: Headers | Record<string, string>;
  readonly body?: URLSearchParams | undefined;
  readonly redirect: 'manual';
  readonly signal?: AbortSignal | undefined;
}

/** How a request of oauth4webapi is sent here. */
export interface SendOptions {
  [oauth.customFetch]: (url: string, init: SendInit) => Promise<Response>;
  /** The library allows only https; {@link isTransportAllowed} decides instead, for each address. */
  [oauth.allowInsecureRequests]: true;
  signal: AbortSignal;
}

/** One request to send. */
export interface Exchange {
  /** What is requested, e.g. `token endpoint`; errors name it, with the host. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly send: (options: SendOptions) => Promise<Response>;
}

/** An open connection: settings, host, and the difference to the provider's clock. */
export interface OAuth2Context {
  readonly connection: OAuth2Connection;
  /** Us, as the library takes it. */
  readonly client: oauth.Client;
  readonly authenticate: oauth.ClientAuth;
  readonly deps: DriverDeps;
  /** The provider's clock less ours, in ms, from the latest answer. */
  skewMs: number;
  /** The endpoints, as they were last found; undefined: not yet. */
  server?: oauth.AuthorizationServer;
  /** One of them was not there: they are to be discovered again before the next request, once. */
  isMoved?: boolean;
}

/**
 * Sends one request and reads the answer, whatever its status.
 * @throws TokenError `ProviderUnavailable` (network, no answer in time), `UnexpectedAnswer` (too long), `Cancelled`, `PolicyDenied` (plain
 * http to another host).
 */
export async function exchange(context: OAuth2Context, { what, signal, send }: Exchange): Promise<Answer> {
  let place = what;
  const fetchGuarded = guardFetch(context, what, signal);
  const response = await send({
    [oauth.customFetch]: (url, init) => {
      place = placeOf(what, url);
      return fetchGuarded(url, init);
    },
    [oauth.allowInsecureRequests]: true,
    signal,
  });
  const text = await response.text();
  const date = readDate(response.headers);
  if (date !== undefined) context.skewMs = date - (await context.deps.now());
  return { place, status: response.status, headers: response.headers, body: parseJson(text) };
}

/** As {@link exchange}, but returns only a success. @throws also TokenError by the table in oauth2-errors.ts. */
export async function exchangeOrThrow(context: OAuth2Context, request: Exchange): Promise<Answer> {
  const answer = await exchange(context, request);
  const error = errorOf(answer, await context.deps.now());
  if (error !== null) throw error;
  return answer;
}

/**
 * Passes a body that we have read to a validator of oauth4webapi.
 * @throws TokenError `UnexpectedAnswer` where it is not JSON or does not conform.
 */
export async function validate<T>(
  { place, status, headers, body }: Answer,
  check: (response: Response) => Promise<T>,
): Promise<T> {
  if (body === undefined)
    throw new TokenError('UnexpectedAnswer', `${place} answered ${status} with ${typeOf(headers)}`);
  const response = new Response(textOf(body, place), { headers: { 'content-type': 'application/json' } });
  return check(response).catch((error: unknown) => {
    throw scrub(error, place);
  });
}

/** A fetch that only goes where secrets may go, fails with TokenErrors, and limits the length of answers. */
export function guardFetch(context: OAuth2Context, what: string, signal: AbortSignal) {
  const { connection, deps } = context;
  return async (url: string, { body, signal: ended = signal, ...init }: SendInit): Promise<Response> => {
    const place = placeOf(what, url);
    if (!isTransportAllowed(url, connection.allowInsecure)) {
      throw new TokenError('PolicyDenied', `${place} speaks plain http, which is for loopback only`, {
        do: 'use https, or set allowInsecure: true on the issuer connection',
        nothingIssued: true,
      });
    }
    try {
      const response = await readWhole(await deps.fetch(url, { ...init, body: body ?? null, signal: ended }), place);
      if (notThere.includes(response.status)) context.isMoved = true;
      return response;
    } catch (error) {
      if (neverConnected(error)) context.isMoved = true;
      throw unreachable(signal, place, error);
    }
  };
}

/** Whatever can be read can be nested deeper than can be written: 100 kB of brackets. */
function textOf(body: Json, place: string): string {
  try {
    return JSON.stringify(body);
  } catch {
    throw new TokenError('UnexpectedAnswer', `${place} answered with JSON that is nested too deep`);
  }
}

function unreachable(signal: AbortSignal, place: string, error: unknown): TokenError {
  if (error instanceof TokenError) return error;
  return signal.aborted
    ? abortError(signal, place)
    : new TokenError('ProviderUnavailable', `${place} cannot be reached${whyFetchFailed(error)}`, {
        nothingIssued: neverConnected(error),
        do: remedyOfFetch(error),
      });
}

/** The library's errors carry the answer, including tokens: only their kind is kept. */
function scrub(error: unknown, place: string): unknown {
  if (!(error instanceof oauth.OperationProcessingError)) return error;
  return new TokenError('UnexpectedAnswer', `${place}: not an answer that OAuth 2 knows (${error.code ?? error.name})`);
}

function placeOf(what: string, address: string): string {
  return URL.canParse(address) ? `${what} of ${new URL(address).host}` : what;
}

/** Content types that come instead of JSON: a proxy's or login page, or the forms of older providers. No other text of an answer is repeated. */
const toldTypes = ['text/html', 'text/plain', 'text/xml', 'application/xml', 'application/x-www-form-urlencoded'];

function typeOf(headers: Headers): string {
  const type = /^[^;\s]*/.exec(headers.get('content-type') ?? '')?.[0].toLowerCase() ?? '';
  return toldTypes.includes(type) ? `${type}, not JSON` : 'what is no JSON';
}
