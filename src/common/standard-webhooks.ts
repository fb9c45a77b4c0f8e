import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { abortErrorsOf } from './abort.js';
import { withTimeout } from './awaiting.js';
import { TokenError } from '../core/errors.js';
import { remedyOfFetch, whyFetchFailed } from '../core/failed-fetch.js';
import { mayPass, readDate, readRetryAfter } from '../core/retry-after.js';
import type { DriverDeps } from '../drivers.js';

/** Key lengths that Standard Webhooks (https://www.standardwebhooks.com) requires. */
const keyBytes = { min: 24, max: 64 };

/** The signing secret, as a reference; surrounding blanks are trimmed, since files end with a newline. */
export const signingSecret = z
  .string()
  .trim()
  .min(1)
  .refine(isSigningSecret, `must be whsec_ and the base64 of ${keyBytes.min} to ${keyBytes.max} bytes`)
  .meta({
    secret: true,
    description: `Signing secret of Standard Webhooks: whsec_ and the base64 of ${keyBytes.min} to ${keyBytes.max} bytes`,
  });

/** A receiver of webhooks. */
export interface Receiver {
  readonly url: string;
  /** Its name in errors: an address may hold a credential. */
  readonly place: string;
  readonly timeoutMs: number;
  /** The remedy where it refuses; undefined: that of the error code. */
  readonly remedy?: string;
}

/** One message. */
export interface Message {
  /** The same at a retry, so that a receiver can drop repeats. Must not contain a dot, since `id.timestamp.body` is signed. */
  readonly id: string;
  /** Unix ms */
  readonly sentAt: number;
  readonly content: object;
  /** Undefined: unsigned. */
  readonly secret: string | undefined;
}

/** POSTs a message. @throws TokenError as `callReceiver` */
export async function postMessage(
  receiver: Receiver,
  { id, sentAt, content, secret }: Message,
  deps: DriverDeps,
  signal: AbortSignal,
): Promise<Response> {
  const body = JSON.stringify(content);
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt / 1000)),
    ...(secret === undefined ? {} : { 'webhook-signature': new Webhook(secret).sign(id, new Date(sentAt), body) }),
  };
  return callReceiver(receiver, { method: 'POST', headers, body }, deps, signal);
}

/** @throws TokenError `SinkUnavailable` where nobody answers; `Cancelled` */
export async function callReceiver(
  { url, place, timeoutMs, remedy }: Receiver,
  init: RequestInit,
  deps: DriverDeps,
  signal: AbortSignal,
): Promise<Response> {
  const late = { code: 'SinkUnavailable', message: `${place}: no answer in time` } as const;
  const call = async (stop: AbortSignal): Promise<Response> => {
    try {
      // A redirect would send the message to a host that nobody configured.
      const response = await deps.fetch(url, { ...init, redirect: 'manual', signal: stop });
      // The receiver's answer is not read: it might repeat the message.
      await response.body?.cancel();
      return response;
    } catch (error) {
      if (stop.aborted) throw abortError(stop, place);
      const message = `${place}: no answer${whyFetchFailed(error)}`;
      throw new TokenError('SinkUnavailable', message, { do: remedyOfFetch(error) ?? remedy });
    }
  };
  return withTimeout(timeoutMs, late, call, signal);
}

const { abortError } = abortErrorsOf('SinkUnavailable');

/**
 * @param now - Unix ms, for a Retry-After that is a date
 * @throws TokenError `SinkUnavailable` for 408, 429 and 5xx with the receiver's Retry-After, `SinkRefused` for any other status but 2xx
 */
export function requireTaken(
  { ok, status, headers }: Response,
  { place, remedy }: Omit<Receiver, 'url'>,
  now: number,
): void {
  if (ok) return;
  const message = `${place} answered ${status}`;
  if (status >= 300 && status < 400) {
    throw new TokenError('SinkRefused', `${message}, redirects are not followed`, {
      do: remedy ?? 'set url to where the receiver is now',
    });
  }
  if (!mayPass(status)) {
    const ofClock = [400, 401, 403].includes(status) ? clockRemedy(headers, now) : undefined;
    throw new TokenError('SinkRefused', message, { do: ofClock ?? remedy });
  }
  throw new TokenError('SinkUnavailable', message, { do: remedy, retryAfterMs: readRetryAfter(headers, now) });
}

/** In ms. The libraries of Standard Webhooks refuse a message whose time is five minutes off theirs. */
const refusedSkewMs = 240_000;

/** What to do where a refusal may be about the time of the message, which is signed; undefined: the clocks agree, as far as is told. */
function clockRemedy(headers: Headers, now: number): string | undefined {
  const skewMs = now - (readDate(headers) ?? now);
  if (Math.abs(skewMs) < refusedSkewMs) return undefined;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return `correct the clock of this host: it is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of the receiver`;
}

function isSigningSecret(secret: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const { length } = Buffer.from(encoded, 'base64');
  return length >= keyBytes.min && length <= keyBytes.max;
}
