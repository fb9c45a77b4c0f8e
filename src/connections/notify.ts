import type { Notification } from '../activities/connections.js';
import { settleAll } from '../common/awaiting.js';
import { type NotificationEvent, type NotifyConfig, findDriver } from '../config/config.js';
import { serves } from '../config/environments.js';
import { TokenError } from '../core/errors.js';
import { PartlyHeard } from '../core/partly-heard.js';
import { asTokenError } from '../core/unexpected.js';
import type { DriverDeps } from '../drivers.js';
import { identityOf } from '../notifiers/notifier.js';
import { notifiers } from '../notifiers/registry.js';
import type { Heard } from './heard.js';
import { parseResolved } from './parse-resolved.js';
import { resolveReferences } from './resolve-references.js';

/**
 * Notifies everybody who asked for this event, and has not heard of it. A failure does not keep the others from being notified; the first
 * one is thrown, as `PartlyHeard` where any receiver has heard.
 */
export async function notifyAll(
  receivers: readonly NotifyConfig[],
  notification: Notification,
  { deps, heard, signal }: { readonly deps: DriverDeps; readonly heard: Heard; readonly signal: AbortSignal },
): Promise<void> {
  const id = identityOf(notification);
  const asked = receivers
    .map((receiver, index) => ({ receiver, what: `notify[${index}]` }))
    .filter(({ receiver }) => wants(receiver, notification) && !heard.has(id, receiver));
  try {
    await settleAll(
      asked.map(async ({ receiver, what }) => {
        await tell(receiver, what, notification, deps, signal);
        heard.add(id, receiver);
      }),
    );
  } catch (error) {
    if (receivers.some((receiver) => heard.has(id, receiver))) throw new PartlyHeard(asTokenError(error));
    throw error;
  }
  heard.forget(id);
}

function wants({ events, environments }: NotifyConfig, notification: Notification): boolean {
  return wantsEvent(events, notification) && isAbout(environments, notification);
}

function isAbout(environments: NotifyConfig['environments'], notification: Notification): boolean {
  if (notification.event !== 'credential-expiring') return serves(environments, notification.environment);
  return notification.environments?.some((one) => serves(environments, one)) ?? true;
}

/** `needs-attention` includes other events that need a person. */
function wantsEvent(events: NotifyConfig['events'], notification: Notification): boolean {
  if (events === null || events.includes(notification.event)) return true;
  return events.includes('needs-attention') && needsPerson(notification);
}

/** Events that nobody mends but a person; a reminder is one once the value is about to expire. */
const forPersons: ReadonlySet<NotificationEvent> = new Set(['credential-expiring', 'undelivered', 'unrevoked']);

function needsPerson(notification: Notification): boolean {
  if (forPersons.has(notification.event)) return true;
  return notification.event === 'reminder' && notification.state === 'needs-attention';
}

async function tell(
  receiver: NotifyConfig,
  what: string,
  notification: Notification,
  deps: DriverDeps,
  signal: AbortSignal,
): Promise<void> {
  const { notifier, settings } = await openReceiver(receiver, what, deps);
  await notifier.tell(settings, notification, deps, signal);
}

/** The notifier and settings for a receiver. @throws TokenError `ReferenceUnresolved`, `ConfigInvalid` */
export async function openReceiver(receiver: NotifyConfig, what: string, deps: DriverDeps) {
  const notifier = findDriver(notifiers, receiver.notifier);
  if (notifier === undefined) throw new TokenError('ConfigInvalid', `${what} names no notifier`);
  const settings = await resolveReferences(receiver.settings, deps);
  return { notifier, settings: parseResolved(notifier.settings, settings, what) };
}
