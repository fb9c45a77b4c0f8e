import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isTransportAllowed } from '../core/transport.js';
import type { DriverDeps } from '../drivers.js';
import { httpUrl, insecureUrl } from '../common/http-url.js';
import { callReceiver, postMessage, requireTaken, signingSecret } from '../common/standard-webhooks.js';
import { throwIfAborted } from './abort.js';
import { spanOfAttempt } from './settings.js';
import { defineSink, type Sink } from './sink.js';

const connection = z
  .strictObject({
    url: httpUrl,
    secret: signingSecret,
    timeout: spanOfAttempt.optional(),
    /** Allows plain http beyond loopback. */
    allowInsecure: z.boolean().optional(),
  })
  .superRefine(({ url, allowInsecure = false }, context) => {
    if (!isTransportAllowed(url, allowInsecure))
      context.addIssue({ code: 'custom', path: ['url'], message: insecureUrl });
  });

const target = z.strictObject({});

type Connection = z.infer<typeof connection>;
type Target = z.infer<typeof target>;

/** The message to a receiver, signed by Standard Webhooks (https://www.standardwebhooks.com). Times are ISO 8601. */
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
  // Messages name their token, so many tokens may share one receiver. The query is left out: it may hold a secret of the receiver.
  place: ({ url }, key) => `${withoutQuery(url)}#${key}`,
});

const headRemedy =
  'fix the receiver: before a first value it gets a HEAD request, which it may answer with anything but a server error';

function openWebhookSink({ url, secret, timeout: timeoutMs = 10_000 }: Connection, deps: DriverDeps): Sink<Target> {
  const place = `webhook ${new URL(url).origin}`;
  const receiver = { url, place, timeoutMs };
  const post = (id: string, content: WebhookMessage, sentAt: number, signal: AbortSignal): Promise<Response> =>
    postMessage(receiver, { id, sentAt, content, secret }, deps, signal);

  return {
    /** Any answer but a server error shows that the receiver is there; it need not support HEAD. */
    async check({ signal }) {
      const response = await callReceiver(receiver, { method: 'HEAD' }, deps, signal);
      if (response.status < 500 || response.status === 501) return;
      // One that reads each request as a message fails here alone: its log has no failed POST.
      requireTaken(response, { ...receiver, place: `${place} (HEAD)`, remedy: headRemedy }, await deps.now());
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
      requireTaken(await post(id, message, now, signal), receiver, await deps.now());
    },

    async read({ signal }) {
      throwIfAborted(signal, place);
      return { found: 'unreadable' };
    },

    async remove({ key, signal }) {
      const now = await deps.now();
      const message = { type: 'token.removed', timestamp: new Date(now).toISOString(), data: { key } } as const;
      // A token may come and go again: with a repeated id the second removal would look like a duplicate of the first.
      const response = await post(messageId('token.removed', key, randomUUID()), message, now, signal);
      // Standard Webhooks: 410 means that the receiver wants nothing more, so it holds nothing.
      if (response.status !== 410) requireTaken(response, receiver, await deps.now());
    },
  };
}

/**
 * The id by which a receiver recognises a retry. It covers the fingerprint, since generations start again when a token is forgotten and
 * declared anew, and the last removal, since the same value may be put back after it. Hashed, since it must not contain a dot, and a key
 * may.
 */
function messageId(...parts: string[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 27)}`;
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
