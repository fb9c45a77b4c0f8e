import { z } from 'zod';
import type { Notification } from '../activities/connections.js';
import { httpUrl } from '../common/http-url.js';
import { postMessage, requireTaken, signingSecret } from '../common/standard-webhooks.js';
import { defineNotifier, identityOf } from './notifier.js';

const place = 'the webhook of notify';
/** A slower receiver is tried again later. */
const receiver = { place, timeoutMs: 10_000, remedy: `check ${place}` };

/** A POST to a receiver, signed where a secret is given. */
export const webhook = defineNotifier({
  settings: z.object({ webhook: httpUrl, secret: signingSecret.optional() }),
  async tell({ webhook: url, secret }, notification, deps, signal) {
    const about = notification.event === 'credential-expiring' ? 'issuer' : 'token';
    const content = { type: `${about}.${notification.event}`, timestamp: notification.at, data: notification };
    const sentAt = await deps.now();
    const message = { id: messageIdOf(notification), sentAt, content, secret };
    requireTaken(await postMessage({ ...receiver, url }, message, deps, signal), receiver, sentAt);
  },
});

/** Names may contain a dot, but no `~`. */
const messageIdOf = (notification: Notification): string => identityOf(notification).replaceAll('.', '~');
