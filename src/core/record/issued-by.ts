import { isSameJson } from '../json.js';
import type { TokenSpec } from '../spec.js';
import { abandon } from './transitions.js';
import type { Generation, IssuedBy, VaultRecord } from './record.js';

/** Where a value was issued, which may be an earlier issuer of the token. The value may be shown only there. */
export function issuedBy({ issuedBy: by }: Generation, spec: TokenSpec): IssuedBy {
  // The token's own issuer is asked with the present parameters: the driver may no longer know older ones.
  return by === undefined || by.connection === spec.issuer
    ? { connection: spec.issuer, parameters: spec.parameters }
    : by;
}

/** Whether another issuer than the token's present one issued a value. */
export const isOfAnother = (generation: Generation, spec: TokenSpec): boolean =>
  issuedBy(generation, spec).connection !== spec.issuer;

/** Whether a value was asked for otherwise than its token is declared now: of another issuer, or with other parameters or scopes. */
export function isOfAnotherSpec(generation: Generation, spec: TokenSpec): boolean {
  const { parameters = spec.parameters, scopes = spec.scopes } = generation.issuedBy ?? {};
  return isOfAnother(generation, spec) || !isSameJson(parameters, spec.parameters) || !isSameSet(scopes, spec.scopes);
}

/** Whether a person brought a value: how it is retired was never asked. */
export const isBrought = ({ issuedBy: by }: Generation): boolean => by?.retire === undefined;

/** Scopes have no order (RFC 6749, section 3.3). */
const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  isSameJson([...new Set(a)].toSorted(), [...new Set(b)].toSorted());

/**
 * The record, ready to continue at an issuer. What another issuer gave is set aside, since it must never be sent to this one, and is
 * restored when the token returns to that issuer.
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
 * The same, before this issuer is asked. It can't tell what became of a request to another issuer: once that request is certainly over,
 * its intent is given up.
 */
export function moveTo(record: VaultRecord, connection: string, now: number, actor: string): VaultRecord {
  const here = continueAt(record, connection);
  const isOver = here !== record && record.intent !== null && now >= record.intent.deadline;
  return isOver ? abandon(here, now, actor, 'IssuerChanged') : here;
}

/**
 * The record, going on with what was set aside for a first grant that this connection names, too: a connection that was renamed.
 * @param grant - the fingerprint of its first grant
 * @returns null where nothing was set aside for that grant
 */
export function takeBack(record: VaultRecord, connection: string, grant: string): VaultRecord | null {
  const { setAside = [] } = record;
  const same = setAside.find((one) => one.grant === grant);
  if (same === undefined) return null;
  const others = setAside.filter((one) => one !== same);
  return { ...record, continuesAt: connection, continuation: same.continuation, grant, setAside: others };
}

/** The issuer connection that the record's continuation and grant belong to; null: none yet. */
const continuesAt = (record: VaultRecord): string | null => record.continuesAt ?? record.issuer?.connection ?? null;

/** Notes the issuer of the newest value; continuation and grant keep the issuer they belong to. */
export function withIssuer(record: VaultRecord, issuer: NonNullable<VaultRecord['issuer']>): VaultRecord {
  return { ...record, issuer, continuesAt: continuesAt(record) ?? issuer.connection };
}
