import type { z } from 'zod';
import type { Notification } from '../activities/connections.js';
import type { DriverDeps } from '../drivers.js';

/** Notifies one receiver. `settings` are resolved, then parsed by the notifier's schema. */
export interface Notifier<Settings = unknown> {
  readonly settings: z.ZodType<Settings>;
  /** @throws TokenError `SinkUnavailable` or `SinkRefused`; never names the address, which may hold a credential. */
  tell(settings: Settings, notification: Notification, deps: DriverDeps, signal: AbortSignal): Promise<void>;
}

/** Type-checks a notifier against its own settings; the registry does not know their type. */
export function defineNotifier<Settings>(notifier: Notifier<Settings>): Notifier {
  return notifier;
}

/** What a notification is known by: the same for every attempt at it. Of one token, several may begin to need attention at one moment. */
export function identityOf(notification: Notification): string {
  if (notification.event === 'credential-expiring') return notification.id;
  const { event, reason, key, at } = notification;
  return [event, ...(event === 'needs-attention' ? [reason] : []), key, at].join(':');
}
