import type { z } from 'zod';
import type { Notification } from '../activities/connections.js';
import type { DriverDeps } from '../drivers.js';

/** Tells one receiver. `settings` are resolved and parsed by `settings` of the notifier. */
export interface Notifier<Settings = unknown> {
  readonly settings: z.ZodType<Settings>;
  /** @throws TokenError `SinkUnavailable` or `SinkRefused`; never names the address, which may hold a credential. */
  tell(settings: Settings, notification: Notification, deps: DriverDeps, signal: AbortSignal): Promise<void>;
}

/** Checks a notifier against its own settings type; the table knows none. */
export function defineNotifier<Settings>(notifier: Notifier<Settings>): Notifier {
  return notifier;
}
