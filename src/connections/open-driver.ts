import { withTimeout } from '../common/awaiting.js';
import { TokenError } from '../core/errors.js';
import type { DriverKind } from '../driver-mark.js';
import { closeQuietly, type Closable } from './shared.js';
import { timings } from '../core/timings.js';

/** The functions that a connection of each kind must have, and the error code when it does not open in time. */
const kinds = {
  vault: { functions: ['read', 'compareAndSet', 'list', 'remove', 'fingerprint'], late: 'VaultUnavailable' },
  issuer: { functions: ['capabilities', 'issue', 'verify', 'probe', 'revoke'], late: 'ProviderUnavailable' },
  sink: { functions: ['check', 'write', 'read', 'remove'], late: 'SinkUnavailable' },
} as const satisfies Record<DriverKind, object>;

/**
 * Opens a connection by its driver, within a time limit, and checks its functions, since a driver in JavaScript is not type-checked.
 * @throws TokenError `VaultUnavailable`, `ProviderUnavailable` or `SinkUnavailable` when the time is over; `ConfigInvalid`; the driver's
 * own
 */
export async function openDriver<T extends Closable>(
  kind: DriverKind,
  connection: string,
  driver: { readonly name: string },
  open: () => Promise<T>,
): Promise<T> {
  const { functions, late: code } = kinds[kind];
  const opening = Promise.resolve().then(open);
  const late = { code, message: `${kind} ${connection}: not open within ${timings.openMs / 1000} s` };
  const opened = await withTimeout(timings.openMs, late, () => opening).catch((error: unknown) => {
    void opening.then(closeQuietly, () => {});
    throw error;
  });
  const members = (opened ?? {}) as Readonly<Record<string, unknown>>;
  const missing = functions.find((name) => typeof members[name] !== 'function');
  if (missing === undefined) return opened;
  await closeQuietly(members);
  throw new TokenError('ConfigInvalid', `what the ${kind} driver ${driver.name} opens has no function ${missing}`, {
    do: `correct the driver ${driver.name}`,
  });
}
