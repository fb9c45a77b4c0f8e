import type { UpdateAnswer } from '../../client/requests.js';
import { isErrorCode, TokenError } from '../../core/errors.js';
import type { Session } from '../session.js';

/** How many sinks have a value; null: no workflow keeps the token yet, and one will adopt the value when it starts. */
export type DeliveredSinks = { readonly acknowledged: number; readonly total: number } | null;

/** The result for a token that was stored. */
export interface ImportOutcome {
  readonly sinks: DeliveredSinks;
  /** Why it was not delivered. */
  readonly error: TokenError | null;
}

/** A value as it is in the vault. */
export interface StoredValue {
  readonly vaultId: string;
  readonly isKept: boolean;
  readonly generation: number;
}

/** The remedy where no workflow keeps a stored value. */
export const keepIt = 'tokenkeeper up, or apply where Temporal and a worker run';

const notInSinks = 'it is in the vault, not in its sinks';

/**
 * Makes a running workflow adopt the vault's present value.
 * @param stored.isKept - a workflow owns the record: it reads the vault only once a day, so the user must learn that it was not reached
 * @throws TokenError `AttemptTimedOut` where it is not adopted yet; `RequestRefused`, `ServerRefused`; `ServerUnavailable` where a workflow keeps it; `VaultMismatch` where that has
 * another vault
 */
export async function deliverImported(
  session: Session,
  key: string,
  { vaultId, isKept, generation }: StoredValue,
  reason = 'Imported',
): Promise<DeliveredSinks> {
  try {
    const client = await session.client();
    const answer = await client.deliver(key, { reason, signal: session.io.stop });
    if (answer.status === 'failed') throw notAdopted(answer);
    const { acknowledged, total, generation: current, vaultId: kept } = await client.status(key);
    if (kept !== null && kept !== vaultId) throw keptElsewhere(kept, vaultId);
    // Its sinks have the value before: as where another step took all of the wait.
    if (current < generation) throw notYetAdopted();
    return { acknowledged, total };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    if (error.code === 'NotKept' || (error.code === 'ServerUnavailable' && !isKept)) return null;
    if (error.code !== 'ServerUnavailable') throw error;
    throw new TokenError(error.code, `${notInSinks}: ${error.message}`, {
      do: `${error.do}; then: tokenkeeper deliver KEY`,
    });
  }
}

function notYetAdopted(): TokenError {
  return new TokenError('AttemptTimedOut', `${notInSinks} yet: another step of its workflow is not over`, {
    do: 'nothing, it follows by itself; see: tokenkeeper status KEY',
  });
}

/** The workflow of that key belongs to another keeper, which delivered its own value: a demo on this host, or another namespace's. */
function keptElsewhere(kept: string, here: string): TokenError {
  return new TokenError(
    'VaultMismatch',
    `${notInSinks}: another vault (${kept}) is kept there than this one (${here})`,
    {
      do: 'name the Temporal of this keeper: --address, --namespace; or use the configuration of that worker',
    },
  );
}

/** The error where the worker did not find the value, although it is in the vault that opens here. */
function notAdopted({ code, message, do: remedy }: UpdateAnswer): TokenError {
  const known = code !== null && isErrorCode(code) ? code : 'Internal';
  const words = `${notInSinks}: ${message ?? code ?? 'no reason was told'}`;
  return new TokenError(known, words, { do: remedy });
}
