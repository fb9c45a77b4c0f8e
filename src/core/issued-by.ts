import type { TokenSpec } from './spec.js';
import { abandon } from './transitions.js';
import type { Generation, IssuedBy, VaultRecord } from './record.js';

/** Where a value was issued: another issuer than the token names, where that was changed since. Only there it may be shown. */
export function issuedBy({ issuedBy: by }: Generation, spec: TokenSpec): IssuedBy {
  // At the same one, what it is asked with is what the token says by now: a driver may know older parameters no longer.
  return by === undefined || by.connection === spec.issuer
    ? { connection: spec.issuer, parameters: spec.parameters }
    : by;
}

/** Whether a value is of another issuer than the token names by now. */
export const isOfAnother = (held: Generation, spec: TokenSpec): boolean =>
  issuedBy(held, spec).connection !== spec.issuer;

/** What stands for continuing at one issuer: secret, and of no meaning to another one. */
export interface Continuing {
  /** Name of the issuer connection. */
  readonly connection: string;
  readonly continuation: string | null;
  readonly grant: string | null;
}

/**
 * The record as it continues at an issuer: what another one gave is set aside, since it must never be sent to this one, and is there again
 * when the token comes back to that.
 * @returns the record itself where it continues there already
 */
export function continueAt(record: VaultRecord, connection: string): VaultRecord {
  const from = continuesAt(record);
  if (from === null || from === connection) return record;
  const { continuation, grant, setAside = [] } = record;
  const back = setAside.find((one) => one.connection === connection);
  const others = setAside.filter((one) => one !== back);
  const left = continuation === null && grant === null ? [] : [{ connection: from, continuation, grant }];
  return {
    ...record,
    continuesAt: connection,
    continuation: back?.continuation ?? null,
    grant: back?.grant ?? null,
    setAside: [...others, ...left],
  };
}

/**
 * Likewise, before this issuer is asked. What became of a request to another one is nothing that this one could tell: once that request is
 * certainly over, it is given up.
 */
export function moveTo(record: VaultRecord, connection: string, now: number, actor: string): VaultRecord {
  const here = continueAt(record, connection);
  const isOver = here !== record && record.intent !== null && now >= record.intent.deadline;
  return isOver ? abandon(here, now, actor, 'IssuerChanged') : here;
}

/** The issuer connection that continuation and grant of a record are of; null: there was none yet. */
const continuesAt = (record: VaultRecord): string | null => record.continuesAt ?? record.issuer?.connection ?? null;

/** The newest value is of this issuer from now on; what continues elsewhere is not its. */
export function withIssuer(record: VaultRecord, issuer: NonNullable<VaultRecord['issuer']>): VaultRecord {
  return { ...record, issuer, continuesAt: continuesAt(record) ?? issuer.connection };
}
