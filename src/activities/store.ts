import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, TokenError } from '../core/errors.js';
import type { HeldGeneration, Holding } from '../core/lifecycle/events.js';
import { isBrought, isOfAnother, isOfAnotherSpec } from '../core/record/issued-by.js';
import { currentOf, emptyRecord, parseRecord, type Generation, type VaultRecord } from '../core/record/record.js';
import { environmentOf } from '../core/key.js';
import type { TokenSpec } from '../core/spec.js';
import type { Capabilities } from '../core/lifecycle/state.js';
import type { Vault } from '../vaults/vault.js';
import type { Connections } from './connections.js';
import type { TokenInput } from './inputs.js';
import { sameVault } from './same-vault.js';
import { defined } from '../core/defined.js';

/** After so many lost races in a row it is not bad luck: something is wrong. */
const conflictsAllowed = 16;

/** A record with the revision at which it was read. */
export interface StoredRecord {
  readonly revision: number;
  readonly record: VaultRecord;
}

/**
 * Opens the token's vault, for one step.
 * @throws TokenError `VaultMismatch` where this worker has another vault than the workflow knows; the vault's own
 */
export async function openVault(connections: Connections, input: TokenInput): Promise<Vault> {
  const { spec, vaultId } = input;
  const vault = await connections.vault(spec.vault, environmentOf(spec.key));
  // The right vault may be back, which the driver notices only when it is used.
  if (vaultId !== null && vault.id !== vaultId) await vault.read(spec.key);
  if (vaultId !== null && vault.id !== vaultId) {
    throw new TokenError(
      'VaultMismatch',
      `vault ${spec.vault} of this worker is ${vault.id}, the token is kept in ${vaultId}`,
    );
  }
  return sameVault(vault);
}

/** Reads a token's record; an empty one at revision 0 where there is none. */
export async function readRecord(vault: Vault, key: string, signal?: AbortSignal): Promise<StoredRecord> {
  const document = await vault.read(key, signal);
  if (document === null) return { revision: 0, record: emptyRecord(vault.id, key) };
  return { revision: document.revision, record: parseRecord(document.text, key, vault.id) };
}

/**
 * Applies a pure transition by compare-and-set. Where another writer was faster, it reads and applies again, so that the transition itself
 * decides whether it still holds. A transition that changes nothing writes nothing.
 * @param known - what was read or written last, to start from: compare-and-set tells whether it is still current.
 */
export async function updateRecord(
  vault: Vault,
  key: string,
  transition: (record: VaultRecord) => VaultRecord,
  known?: StoredRecord,
): Promise<StoredRecord> {
  for (let round = 0; round < conflictsAllowed; round++) {
    const stored = (round === 0 && known) || (await readRecord(vault, key));
    const next = transition(stored.record);
    if (next === stored.record) return stored;
    const written = await writeRecord(vault, stored, next);
    if (written !== null) return written;
  }
  throw new TokenError('Conflict', `the record of ${key} is written by others all the time`);
}

/** Writes a record if it is unchanged since it was read. @returns null where it isn't. */
export async function writeRecord(vault: Vault, stored: StoredRecord, next: VaultRecord): Promise<StoredRecord | null> {
  const revision = await vault.compareAndSet(next.key, stored.revision, JSON.stringify(next));
  return revision === null ? null : { revision, record: next };
}

/**
 * Like updateRecord, for an answer that exists only in this process: a vault that is down for a moment must not lose it, and a retry of
 * the activity could not get it again.
 */
export async function persist(
  vault: Vault,
  key: string,
  transition: (record: VaultRecord) => VaultRecord,
  { known, untilMs }: { readonly known: StoredRecord; readonly untilMs: number },
): Promise<StoredRecord> {
  for (let first = true; ; first = false) {
    try {
      return await updateRecord(vault, key, transition, first ? known : undefined);
    } catch (error) {
      const passing = hasCode(error, 'VaultUnavailable') || hasCode(error, 'Conflict');
      if (!passing || performance.now() >= untilMs) throw error;
      await sleep(100);
    }
  }
}

const heldOf = (generation: Generation): HeldGeneration => ({
  generation: generation.generation,
  fingerprint: generation.fingerprint,
  issuedAt: generation.issuedAt,
  expiresAt: generation.expiresAt,
  verifiedAt: generation.verifiedAt,
  verifiedBy: generation.verifiedBy,
  ...defined({ renewableUntil: generation.renewableUntil }),
});

function previousOf(generation: Generation, spec: TokenSpec): HeldGeneration {
  const retires = isOfAnother(generation, spec) ? generation.issuedBy?.retire : undefined;
  return { ...heldOf(generation), ...defined({ retires }) };
}

/** The part of a record that the workflow may know. */
export function holdingOf(record: VaultRecord, capabilities: Capabilities, spec: TokenSpec): Holding {
  const current = currentOf(record);
  return {
    vaultId: record.vaultId,
    vault: spec.vault,
    current: current && heldOf(current),
    previous: record.generations.filter((g) => g.state === 'previous').map((g) => previousOf(g, spec)),
    capabilities,
    ...(current !== null && !isBrought(current) && isOfAnotherSpec(current, spec) ? { outdated: true } : {}),
  };
}
