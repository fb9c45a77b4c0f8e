import { createHash, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import { whyFetchFailed } from '../core/failed-fetch.js';
import { mayPass, readRetryAfter } from '../core/retry-after.js';
import { isTransportAllowed } from '../core/transport.js';
import { secretReference, type DriverDeps } from '../drivers.js';
import { abortError, throwIfAborted } from './abort.js';
import { spanMs, spanOfAttempt } from './settings.js';
import { defineSink, type Sink } from './sink.js';

/** Standard Webhooks asks for keys of 24 to 64 bytes. */
const keyBytes = { min: 24, max: 64 };

const connection = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .refine((url) => !hasCredential(url), 'must not hold a credential'),
    secret: secretReference('Signing secret of Standard Webhooks, whsec_…'),
    timeout: spanOfAttempt.optional(),
    /** Allows plain http beyond loopback. */
    allowInsecure: z.boolean().optional(),
  })
  .superRefine(({ url, secret, allowInsecure = false }, context) => {
    if (URL.canParse(url) && !isTransportAllowed(url, allowInsecure)) {
      const message = 'plain http is for loopback only: use https, or allowInsecure: true';
      context.addIssue({ code: 'custom', path: ['url'], message });
    }
    if (!isSigningSecret(secret)) {
      const message = `must be whsec_ and the base64 of ${keyBytes.min} to ${keyBytes.max} bytes`;
      context.addIssue({ code: 'custom', path: ['secret'], message });
    }
  });

const target = z.strictObject({});

type Connection = z.infer<typeof connection>;
type Target = z.infer<typeof target>;

/** What a receiver gets; signed by Standard Webhooks (https://www.standardwebhooks.com). Times are ISO 8601. */
export type WebhookMessage =
  | {
      readonly type: 'token.rotated';
      readonly timestamp: string;
      readonly data: {
        readonly key: string;
        readonly generation: number;
        readonly value: string;
        readonly expiresAt: string | null;
      };
    }
  | { readonly type: 'token.removed'; readonly timestamp: string; readonly data: { readonly key: string } };

/** POSTs each new value to a receiver. It cannot be read back: a 2xx answer is the acknowledgement. */
export const webhook = defineSink<Connection, Target>({
  name: 'webhook',
  connection,
  target,
  open: (settings, deps) => Promise.resolve(openWebhookSink(settings, deps)),
  // Messages name their token, so that many may share one receiver. A query may hold a secret of the receiver.
  place: ({ url }, key) => `${withoutQuery(url)}#${key}`,
});

function openWebhookSink(settings: Connection, deps: DriverDeps): Sink<Target> {
  const signer = new Webhook(settings.secret.trim());
  const timeoutMs = spanMs(settings.timeout ?? '10s');
  const where = `webhook ${new URL(settings.url).origin}`;

  async function call(init: RequestInit, signal: AbortSignal): Promise<Response> {
    throwIfAborted(signal, where);
    const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      // A redirect would carry the value to a host that nobody configured.
      const response = await deps.fetch(settings.url, { ...init, redirect: 'manual', signal: stop });
      // What the receiver says is not looked at: it might repeat the value.
      await response.body?.cancel();
      return response;
    } catch (error) {
      if (stop.aborted) throw abortError(stop, where);
      throw new TokenError('SinkUnavailable', `${where}: no connection${whyFetchFailed(error)}`);
    }
  }

  async function post(id: string, message: WebhookMessage, sentAt: number, signal: AbortSignal): Promise<Response> {
    const body = JSON.stringify(message);
    const at = new Date(sentAt);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt / 1_000)),
      'webhook-signature': signer.sign(id, at, body),
    };
    return call({ method: 'POST', headers, body }, signal);
  }

  return {
    /** Any answer but a server error shows that somebody is there; a receiver need not know HEAD. */
    async check({ signal }) {
      const response = await call({ method: 'HEAD' }, signal);
      if (response.status >= 500 && response.status !== 501) await assertTaken(response, where, deps);
    },

    async write({ key, generation, value, expiresAt, removedAt, fingerprint, signal }) {
      const now = await deps.now();
      const bytes = value.reveal();
      const message: WebhookMessage = {
        type: 'token.rotated',
        timestamp: new Date(now).toISOString(),
        data: {
          key,
          generation,
          value: bytes,
          expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
        },
      };
      const since = typeof removedAt === 'number' ? [String(removedAt)] : [];
      const id = messageId('token.rotated', key, String(generation), fingerprint(bytes), ...since);
      await assertTaken(await post(id, message, now, signal), where, deps);
    },

    async read({ signal }) {
      throwIfAborted(signal, where);
      return { found: 'unreadable' };
    },

    async remove({ key, signal }) {
      const now = await deps.now();
      const message = { type: 'token.removed', timestamp: new Date(now).toISOString(), data: { key } } as const;
      // A token may come and go again: an id that repeats would make the second removal look like a duplicate of the first.
      const response = await post(messageId('token.removed', key, randomUUID()), message, now, signal);
      // Standard Webhooks: 410 says that the receiver wants nothing any more, so it holds nothing.
      if (response.status !== 410) await assertTaken(response, where, deps);
    },
  };
}

/**
 * The id by which a receiver knows a retry. The fingerprint is in it because generations start again when a token is forgotten and declared anew,
 * and the last removal because the very same value may be put back after it.
 * Hashed: Standard Webhooks signs `id.timestamp.body`, so an id may hold no dot, and a key may.
 */
function messageId(...parts: string[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 27)}`;
}

/** @throws TokenError `SinkUnavailable` for 408, 429 and 5xx with the receiver's Retry-After, `SinkRefused` for the rest that is no 2xx */
async function assertTaken(response: Response, where: string, deps: DriverDeps): Promise<void> {
  const { status, ok, headers } = response;
  if (ok) return;
  if (status >= 300 && status < 400) {
    throw new TokenError('SinkRefused', `${where} answered ${status}, redirects are not followed`, {
      do: 'set url to where the receiver is now',
    });
  }
  const message = `${where} answered ${status}`;
  if (mayPass(status)) {
    throw new TokenError('SinkUnavailable', message, { retryAfterMs: readRetryAfter(headers, await deps.now()) });
  }
  throw new TokenError('SinkRefused', message);
}

/** `fetch` refuses such a URL, and a message could show it. */
function hasCredential(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

function isSigningSecret(secret: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret.trim())?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const { length } = Buffer.from(encoded, 'base64');
  return length >= keyBytes.min && length <= keyBytes.max;
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
