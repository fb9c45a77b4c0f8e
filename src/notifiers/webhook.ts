import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { Notification } from '../activities/connections.js';
import { abortErrorFor } from '../abort.js';
import { TokenError } from '../core/errors.js';
import { whyFetchFailed } from '../core/failed-fetch.js';
import { mayPass, readRetryAfter } from '../core/retry-after.js';
import { secretReference } from '../drivers.js';
import { defineNotifier } from './notifier.js';

/** Slower receivers are tried again later. */
const timeoutMs = 10_000;

/** A POST to a receiver, signed by Standard Webhooks (https://www.standardwebhooks.com) where a secret is given. */
export const webhook = defineNotifier({
  settings: z.object({
    webhook: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
    secret: secretReference('Standard Webhooks signing secret: whsec_ and base64').optional(),
  }),
  async tell({ webhook: url, secret }, notification, deps, signal) {
    const about = notification.event === 'credential-expiring' ? 'issuer' : 'token';
    const body = JSON.stringify({
      type: `${about}.${notification.event}`,
      timestamp: notification.at,
      data: notification,
    });
    const sentAt = new Date(await deps.now());
    const id = messageIdOf(notification);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      ...(secret === undefined ? {} : { 'webhook-signature': signatureOf(secret, id, sentAt, body) }),
    };
    const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const answer = await deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: stop });
      await answer.body?.cancel();
      requireTaken(answer, sentAt.getTime());
    } catch (error) {
      if (error instanceof TokenError) throw error;
      if (stop.aborted) throw abortError(stop, place);
      throw new TokenError('SinkUnavailable', `${place}: no answer${whyFetchFailed(error)}`, { do: remedy });
    }
  },
});

const abortError = abortErrorFor('SinkUnavailable');
const place = 'the webhook of notify';
const remedy = `check ${place}`;

/** @throws TokenError `SinkUnavailable` for 408, 429 and 5xx with the receiver's Retry-After, `SinkRefused` for the rest that is no 2xx */
function requireTaken({ ok, status, headers }: Response, now: number): void {
  if (ok) return;
  const isRedirect = status >= 300 && status < 400;
  const message = `${place} answered ${status}${isRedirect ? ', redirects are not followed' : ''}`;
  if (!mayPass(status)) throw new TokenError('SinkRefused', message, { do: remedy });
  throw new TokenError('SinkUnavailable', message, { do: remedy, retryAfterMs: readRetryAfter(headers, now) });
}

/**
 * The same for each attempt at one notification, so that receivers can drop repeats. Standard Webhooks signs `id.timestamp.body`,
 * so that an id may hold no dot; names may, but no `~`.
 */
function messageIdOf(notification: Notification): string {
  const { event } = notification;
  const id = event === 'credential-expiring' ? notification.id : `${event}:${notification.key}:${notification.at}`;
  return id.replaceAll('.', '~');
}

/** @throws TokenError `ConfigInvalid` */
function signatureOf(secret: string, id: string, sentAt: Date, body: string): string {
  try {
    return new Webhook(secret).sign(id, sentAt, body);
  } catch {
    throw new TokenError('ConfigInvalid', 'secret of notify is not a Standard Webhooks secret', {
      do: 'write whsec_ and base64',
    });
  }
}
