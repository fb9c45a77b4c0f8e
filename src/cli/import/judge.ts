import { TokenError } from '../../core/errors.js';
import { currentOf } from '../../core/record/record.js';
import type { Trouble } from '../../core/remedies.js';
import type { Secret } from '../../core/secret.js';
import { readRecord } from '../../activities/store.js';
import { withNearestKey } from '../nearest-key.js';
import { errorJson, type ErrorJson } from '../report.js';
import type { Session } from '../session.js';
import type { ImportEntry } from './entries.js';
import { lackOf } from './lacks.js';
import { deadOnArrival, declarationOf, openTarget, type ImportTarget } from './store-value.js';

/** What will be done with one token of a set. */
export interface ImportRow {
  readonly key: string;
  /** Its name in the file. */
  readonly from: string;
  /** `expiry`: the same value with another expiry. `same`: nothing to do. `refused`: nothing of the set is done. */
  readonly action: 'import' | 'replace' | 'expiry' | 'same' | 'refused';
  /** The vault's current generation; 0: none. */
  readonly before: number;
  /** The generation that it will be, or is. */
  readonly generation: number;
  /** Unix ms; null: never. */
  readonly expiresAt: number | null;
  /** Why it can't be imported. */
  readonly refusal: ErrorJson | null;
  /** What a person must do before its first renewal. */
  readonly lacks: Trouble | null;
  /** null where it was refused. */
  readonly work: { readonly place: ImportTarget; readonly secret: Secret; readonly isKept: boolean } | null;
}

const correct = 'correct the file, or the names that were given';

/** Checks everything for which a token's value could be refused, and writes nothing. A problem of the token is never thrown. */
export async function judge(session: Session, entry: ImportEntry, mayReplace: boolean): Promise<ImportRow> {
  const { key, from } = entry;
  const refuse = (refusal: ErrorJson, before = 0): ImportRow => ({
    key,
    from,
    action: 'refused',
    before,
    generation: before,
    expiresAt: null,
    refusal,
    lacks: null,
    work: null,
  });
  try {
    const spec = await declarationOf(session, key);
    const place = await openTarget(session, spec);
    const { record } = await readRecord(place.vault, key);
    const current = currentOf(record);
    const before = current?.generation ?? 0;
    if (entry.value === null)
      return refuse({ message: entry.fault ?? 'there is no value', code: null, do: correct }, before);
    const isSame = current?.fingerprint === place.vault.fingerprint(entry.value.reveal());
    // The known expiry of a value that is already there is kept, unless a new one is given.
    const said = entry.expiresAt === undefined ? spec.expiresAt : entry.expiresAt;
    const expiresAt = isSame && entry.expiresAt === undefined && said === null ? current.expiresAt : said;
    const dead = deadOnArrival(key, expiresAt);
    if (dead !== null)
      return refuse(
        { message: dead, code: null, do: 'say expiresAt in the file, or correct it in the declaration' },
        before,
      );
    const work = { place, secret: entry.value, isKept: record.owner !== null };
    const lacks = await lackOf(session, place, record, expiresAt);
    const row = { key, from, before, expiresAt, refusal: null, lacks, work };
    if (isSame && current.expiresAt === expiresAt) return { ...row, action: 'same', generation: before };
    const generation = record.counter + 1;
    if (isSame) return { ...row, action: 'expiry', generation };
    if (current === null) return { ...row, action: 'import', generation };
    if (mayReplace) return { ...row, action: 'replace', generation };
    return refuse(
      { message: `generation ${before} has another value`, code: null, do: 'give --replace, if the file is right' },
      before,
    );
  } catch (error) {
    const named = await withNearestKey(error, session, key);
    if (!(named instanceof TokenError)) throw named;
    return refuse(errorJson(named, key));
  }
}
