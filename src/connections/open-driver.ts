import { within } from '../awaiting.js';
import { TokenError } from '../core/errors.js';
import type { DriverKind } from '../driver-mark.js';
import { closeQuietly, type Closable } from './shared.js';

/** A worker that stops waits for what is under way. */
const openLimitMs = 30_000;

/** What a connection of each kind has to do, and how it is told that it did not open in time. */
const kinds = {
  vault: { functions: ['read', 'compareAndSet', 'list', 'remove', 'fingerprint'], late: 'VaultUnavailable' },
  issuer: { functions: ['capabilities', 'issue', 'verify', 'probe', 'revoke'], late: 'ProviderUnavailable' },
  sink: { functions: ['check', 'write', 'read', 'remove'], late: 'SinkUnavailable' },
} as const satisfies Record<DriverKind, object>;

/**
 * Opens a connection by its driver, within a time; what it opens is looked at, since no compiler has checked a driver in JavaScript.
 * @throws TokenError `VaultUnavailable`, `ProviderUnavailable` or `SinkUnavailable` when the time is over; `ConfigInvalid`; the driver's own
 */
export async function openDriver<T extends Closable>(
  kind: DriverKind,
  connection: string,
  driver: { readonly name: string },
  open: () => Promise<T>,
): Promise<T> {
  const { functions, late: code } = kinds[kind];
  const opening = Promise.resolve().then(open);
  const late = { code, message: `${kind} ${connection}: not open within ${openLimitMs / 1000} s` };
  const opened = await within(openLimitMs, late, () => opening).catch((error: unknown) => {
    void opening.then(closeQuietly, () => {});
    throw error;
  });
  const members = (opened ?? {}) as Readonly<Record<string, unknown>>;
  const missing = functions.find((name) => typeof members[name] !== 'function');
  if (missing === undefined) return opened;
  throw new TokenError('ConfigInvalid', `what the ${kind} driver ${driver.name} opens has no function ${missing}`, {
    do: `correct the driver ${driver.name}`,
  });
}
