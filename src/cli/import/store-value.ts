import { updateRecord } from '../../activities/store.js';
import { declaredToken, findDriver, type WorkerConfig } from '../../config/config.js';
import { TokenError } from '../../core/errors.js';
import { importValue } from '../../core/record/import-value.js';
import { withIssuer } from '../../core/record/issued-by.js';
import { environmentOf } from '../../core/key.js';
import { currentOf, type VaultRecord } from '../../core/record/record.js';
import type { Secret } from '../../core/secret.js';
import type { TokenSpec } from '../../core/spec.js';
import type { Vault } from '../../vaults/vault.js';
import { userName } from '../../common/user-name.js';
import type { Session } from '../session.js';

/** Where a token's value goes. */
export interface ImportTarget {
  readonly spec: TokenSpec;
  readonly vault: Vault;
  readonly issuer: NonNullable<VaultRecord['issuer']>;
}

/** A value to import. */
export interface BroughtValue {
  readonly secret: Secret;
  /** Unix ms; null: it does not expire. */
  readonly expiresAt: number | null;
  /** Why, for the ledger. */
  readonly reason?: string | undefined;
  /** The generation that it must follow, 0 for none; undefined: any. */
  readonly after?: number;
}

/** The declaration of a token. @throws TokenError `NotKept`; ConfigProblems where it has a problem */
export async function declarationOf(session: Session, key: string): Promise<TokenSpec> {
  const { config } = await session.soundConfig();
  const spec = declaredToken(config, key);
  if (spec === undefined) throw new TokenError('NotKept', `${key} is not declared`);
  return spec;
}

/** Opens a token's vault. @throws TokenError `PolicyDenied`, and those of the vault */
export async function openTarget(session: Session, spec: TokenSpec): Promise<ImportTarget> {
  const connections = await session.connections();
  const issuer = { connection: spec.issuer, driver: driverOf(connections.config, spec.issuer) };
  return { spec, issuer, vault: await connections.vault(spec.vault, environmentOf(spec.key)) };
}

/** The driver of an issuer connection; an issuer that needs no connection is its own. @throws TokenError `PolicyDenied` */
function driverOf(config: WorkerConfig, issuer: string): string {
  const declared = config.issuers.get(issuer)?.driver;
  if (declared !== undefined) return declared;
  if (findDriver(config.drivers.issuers, issuer)?.implicit === true) return issuer;
  throw new TokenError('PolicyDenied', `there is no issuer ${issuer}`);
}

/**
 * Makes a value its token's current one; if it is already, nothing changes.
 * @throws TokenError `Conflict` where the current generation is not `after`; those of the vault
 */
export async function storeValue(place: ImportTarget, brought: BroughtValue): Promise<VaultRecord> {
  const { spec, vault, issuer } = place;
  const text = brought.secret.reveal();
  const now = Date.now();
  const value = {
    value: text,
    fingerprint: vault.fingerprint(text),
    issuedAt: now,
    expiresAt: brought.expiresAt,
    issuedBy: { connection: spec.issuer, parameters: spec.parameters },
  };
  const stored = await updateRecord(vault, spec.key, (record) => {
    const current = currentOf(record)?.generation ?? 0;
    if (brought.after !== undefined && brought.after !== current) {
      throw new TokenError('Conflict', `${spec.key} got generation ${current} meanwhile`, { do: 'run it again' });
    }
    const next = importValue(record, {
      value,
      declaredExpiresAt: spec.expiresAt,
      now,
      actor: userName(),
      reason: brought.reason,
    });
    // Tells a job what a dead token looks like.
    return next === record ? next : withIssuer(next, issuer);
  });
  return stored.record;
}

/** @returns why a value is already dead; null: it lives */
export function deadOnArrival(key: string, expiresAt: number | null): string | null {
  if (expiresAt === null || expiresAt > Date.now()) return null;
  return `${key} would be dead on arrival: it expired ${new Date(expiresAt).toISOString()}`;
}
