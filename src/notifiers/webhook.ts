import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { Notification } from '../activities/connections.js';
import { TokenError } from '../core/errors.js';
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
    let status: number;
    try {
      const answer = await deps.fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      await answer.body?.cancel();
      status = answer.status;
    } catch {
      if (signal.aborted) throw new TokenError('Cancelled', 'the notification was cancelled');
      throw new TokenError('SinkUnavailable', 'no answer from the webhook of notify', {
        do: 'check the webhook of notify',
      });
    }
    if (status >= 200 && status < 300) return;
    const code = status >= 500 || status === 429 || status === 408 ? 'SinkUnavailable' : 'SinkRefused';
    throw new TokenError(code, `the webhook of notify answered ${status}`, { do: 'check the webhook of notify' });
  },
});

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
