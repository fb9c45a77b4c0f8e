import { currentOf } from '../../core/record/record.js';
import type { Trouble } from '../../core/remedies.js';
import { readSecret } from '../terminal/read-secret.js';
import { wrongUsage } from '../report.js';
import type { Session } from '../session.js';
import { clockWords, isoOrNull } from '../terminal/time-words.js';
import { shortFingerprint } from '../terminal/words.js';
import type { JsonObjectOf } from '../views/json-fields.js';
import { doubtOf } from './doubt.js';
import { deliverImported, keepIt, type DeliveredSinks } from './deliver.js';
import { lackLines, lackOf } from './lacks.js';
import { deadOnArrival, declarationOf, openTarget, storeValue } from './store-value.js';

/** Imports one value, straight from stdin into the vault. */
export async function importOne(
  session: Session,
  key: string,
  options: { readonly expiresAt?: number; readonly reason?: string; readonly output: string },
): Promise<void> {
  const spec = await declarationOf(session, key);
  const { reason } = options;
  const expiresAt = options.expiresAt ?? spec.expiresAt;
  const dead = deadOnArrival(key, expiresAt);
  if (dead !== null) throw wrongUsage(dead, 'give --expires-at, or correct expiresAt of the declaration');
  const place = await openTarget(session, spec);
  const secret = await readSecret(session.io, `value of ${key} (not shown): `);
  const doubt = doubtOf(secret.reveal());
  if (doubt !== null)
    session.warn(`the value ${doubt}, and is taken as it is; if that is not part of it, import again`);
  const record = await storeValue(place, { secret, expiresAt, reason });
  const current = currentOf(record);
  if (current === null) return;
  const { generation, fingerprint } = current;
  const lacks = await lackOf(session, place, record, current.expiresAt);
  if (options.output === 'table') {
    session.print(
      `${key} gen ${generation} imported, fp ${shortFingerprint(fingerprint)}, ${expiryWords(current.expiresAt, lacks)}`,
    );
  }
  let sinks: DeliveredSinks = null;
  try {
    const stored = { vaultId: place.vault.id, isKept: record.owner !== null, generation };
    sinks = await deliverImported(session, key, stored, reason);
  } finally {
    // It is in the vault, whatever happened afterwards.
    const expiresAt = isoOrNull(current.expiresAt);
    const shown: JsonObjectOf<'import KEY'> = { key, generation, fingerprint, expiresAt, sinks, lacks };
    if (options.output === 'json') session.printJson(shown);
  }
  if (options.output === 'json') return;
  session.print(
    sinks === null ? `nothing keeps it yet; next: ${keepIt}` : `delivered ${sinks.acknowledged}/${sinks.total}`,
    ...lackLines(key, lacks),
  );
}

/** Null means unknown: whoever pastes a value seldom thinks of its expiry, and then nobody would be reminded. */
function expiryWords(expiresAt: number | null, lacks: Trouble | null): string {
  if (expiresAt !== null) return `expires ${clockWords(expiresAt, Date.now())}`;
  return lacks === null ? 'no expiry known: with --expires-at somebody is reminded' : 'no expiry known';
}
